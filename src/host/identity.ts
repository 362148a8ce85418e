import { readFile } from 'node:fs/promises'
import { expandHome } from './home.ts'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import { keyType } from './known-hosts.ts'

/** A key file that can be tried, or why it can't. */
export type Identity = { kind: 'key'; file: string; key: ParsedKey } | { kind: 'unusable'; file: string; why: string }

/** In the order given; asks for the passphrase only where a key is encrypted. */
export async function readIdentities(target: SshTarget, reveal: RevealSecret): Promise<Identity[]> {
  const identities: Identity[] = []
  for (const file of target.key) identities.push(await readIdentity(file, target, reveal))
  return identities
}

async function readIdentity(name: string, target: SshTarget, reveal: RevealSecret): Promise<Identity> {
  const file = expandHome(name)
  const unusable = (why: string): Identity => ({ kind: 'unusable', file: name, why })
  let pem: Buffer
  try {
    pem = await readFile(file)
  } catch (error) {
    return unusable(
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : 'cannot be read',
    )
  }
  const type = openSshHead(pem)?.type ?? pem.toString('latin1').split(' ', 1)[0] ?? ''
  if (type.startsWith('sk-')) return unusable(`a FIDO key (${type}), which the ssh2 library cannot use`)
  if (type.endsWith('-cert-v01@openssh.com'))
    return unusable(`a certificate (${type}), which the ssh2 library cannot use`)
  if (/^(ssh|ecdsa)-/.test(pem.toString('latin1', 0, 6))) return unusable('a public key; the private one is needed')

  const plain = parse(pem)
  if (!(plain instanceof Error)) return { kind: 'key', file: name, key: plain }
  if (!isEncrypted(pem)) return unusable(`not a private key that ssh2 can read (${plain.message})`)
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
function isEncrypted(pem: Buffer): boolean {
  const cipher = openSshHead(pem)?.cipher
  if (cipher !== undefined) return cipher !== 'none'
  return /^(Proc-Type: 4,ENCRYPTED|Encryption: (?!none))/m.test(pem.toString('latin1'))
}

/** What the unencrypted head of an OpenSSH private key names: of a type that it does not know, ssh2 only says that it is unsupported. */
function openSshHead(pem: Buffer): { cipher: string; type: string | undefined } | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(pem.toString('latin1'))?.[1]
  if (body === undefined) return undefined
  const bytes = Buffer.from(body, 'base64')
  let at = 'openssh-key-v1\0'.length
  if (at + 4 > bytes.length) return undefined
  const cipher = bytes.toString('latin1', at + 4, at + 4 + bytes.readUInt32BE(at))
  // cipher, kdf and its options stand before the number of keys and the first public key
  for (let field = 0; field < 3 && at + 4 <= bytes.length; field++) at += 4 + bytes.readUInt32BE(at)
  return { cipher, type: at + 8 <= bytes.length ? keyType(bytes.subarray(at + 8)) : undefined }
}
