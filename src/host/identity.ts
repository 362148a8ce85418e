import { readFile } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import type { AgentKey } from './agent.ts'
import { expandHome } from './home.ts'
import { keyType } from './known-hosts.ts'

/** A key file that can be tried, one whose key an agent holds, or why it is of no use. */
export type Identity =
  | { kind: 'key'; file: string; key: ParsedKey }
  | { kind: 'agent'; file: string; key: AgentKey }
  | { kind: 'unusable'; file: string; why: string }

/** What the inventory has to say for all that OpenSSH itself can. */
export const byOpenSsh = "ssh: { transport: 'openssh' }"

/** In the order given; asks for the passphrase only where a key is encrypted and no agent holds it. */
export async function readIdentities(
  target: SshTarget,
  held: readonly AgentKey[],
  reveal: RevealSecret,
): Promise<Identity[]> {
  const identities: Identity[] = []
  for (const file of target.key) identities.push(await readIdentity(file, target, held, reveal))
  return identities
}

async function readIdentity(
  name: string,
  target: SshTarget,
  held: readonly AgentKey[],
  reveal: RevealSecret,
): Promise<Identity> {
  const file = expandHome(name)
  const unusable = (why: string): Identity => ({ kind: 'unusable', file: name, why })
  const inAgent = (blob: Buffer | undefined): Identity | undefined => {
    const key = blob && held.find((one) => one.blob.equals(blob))
    return key?.key && { kind: 'agent', file: name, key }
  }
  let pem: Buffer
  try {
    pem = await readFile(file)
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return inAgent(await publicBeside(file)) ?? unusable(isMissing ? 'no such file' : 'cannot be read')
  }
  const head = openSshHead(pem)
  const blob = head?.blob ?? publicBlob(pem)
  const type = (blob && keyType(blob)) ?? pem.toString('latin1').split(' ', 1)[0] ?? ''
  if (type.startsWith('sk-'))
    return unusable(
      `a FIDO key (${type}), which the ssh2 library cannot use: say ${byOpenSsh}, or give a plain key, too`,
    )
  if (type.endsWith('-cert-v01@openssh.com'))
    return unusable(
      `a certificate (${type}), which the ssh2 library cannot use: say ${byOpenSsh}, or authorize the plain key`,
    )
  if (/^(ssh|ecdsa)-/.test(pem.toString('latin1', 0, 6)))
    return inAgent(blob) ?? unusable('a public key, and no agent holds its private one')

  const plain = parse(pem)
  if (!(plain instanceof Error)) return { kind: 'key', file: name, key: plain }
  if (!isEncrypted(pem, head?.cipher)) return unusable(`not a private key that ssh2 can read (${plain.message})`)
  const agents = inAgent(blob ?? (await publicBeside(file)))
  if (agents !== undefined) return agents
  if (target.passphrase === undefined) return unusable('encrypted, and no `passphrase` is given')
  const decrypted = parse(pem, (await reveal(target.passphrase)).reveal())
  return decrypted instanceof Error
    ? unusable('encrypted, and the passphrase is wrong')
    : { kind: 'key', file: name, key: decrypted }
}

function parse(pem: Buffer, passphrase?: string): ParsedKey | Error {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(pem, passphrase)
  if (parsed instanceof Error) return parsed
  const [key] = [parsed].flat()
  return key?.isPrivateKey() === true ? key : new Error('no private key in it')
}

/** As the file says itself, in each of the forms that ssh2 reads: OpenSSH's, PEM with a header, PuTTY's. */
function isEncrypted(pem: Buffer, cipher: string | undefined): boolean {
  if (cipher !== undefined) return cipher !== 'none'
  return /^(Proc-Type: 4,ENCRYPTED|Encryption: (?!none))/m.test(pem.toString('latin1'))
}

/** What the unencrypted head of an OpenSSH private key names: of a type that it does not know, ssh2 only says that it is unsupported. */
function openSshHead(pem: Buffer): { cipher: string; blob: Buffer | undefined } | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(pem.toString('latin1'))?.[1]
  if (body === undefined) return undefined
  const bytes = Buffer.from(body, 'base64')
  let at = 'openssh-key-v1\0'.length
  if (at + 4 > bytes.length) return undefined
  const cipher = bytes.toString('latin1', at + 4, at + 4 + bytes.readUInt32BE(at))
  // cipher, kdf and its options stand before the number of keys and the first public key
  for (let field = 0; field < 3 && at + 4 <= bytes.length; field++) at += 4 + bytes.readUInt32BE(at)
  at += 4
  const blob = at + 4 <= bytes.length ? bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)) : undefined
  return { cipher, blob }
}

/** Of a file like `id_ed25519.pub`. */
function publicBlob(text: Buffer): Buffer | undefined {
  const [, base64] = /^[\w@.-]+ ([A-Za-z0-9+/]+=*)/.exec(text.toString('latin1')) ?? []
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}

async function publicBeside(file: string): Promise<Buffer | undefined> {
  return publicBlob(await readFile(`${file}.pub`).catch(() => Buffer.alloc(0)))
}
