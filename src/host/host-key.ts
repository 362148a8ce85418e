import { appendFile, chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import { DeployError, exitCode } from '../errors.ts'
import { expandHome } from './home.ts'
import type { KnownHost } from './known-hosts.ts'
import { fingerprint, keyType, knownHostName, matchesHost, parseKnownHosts } from './known-hosts.ts'

/** Whether a person (or a flag) trusts the key of a host that is not in known_hosts. */
export type ConfirmHostKey = (host: string, fingerprint: string, type: string) => Promise<boolean>

/** What known_hosts says of one host. */
export interface HostKeyCheck {
  /** Those that known_hosts holds come first, or the host might show a key that nobody has seen yet. */
  algorithms: ServerHostKeyAlgorithm[]
  /** Rejects with the reason to stop. */
  verify(key: Buffer): Promise<void>
}

export async function hostKeyCheck(
  node: string,
  host: string,
  port: number,
  knownHosts: readonly string[],
  confirm: ConfirmHostKey | undefined,
): Promise<HostKeyCheck> {
  const files = knownHosts.map(expandHome)
  const lines = (await Promise.all(files.map(readKnownHosts))).flat()
  const name = knownHostName(host, port)
  const known = lines.filter((line) => matchesHost(line, name))
  // OpenSSH too takes a line without the port for a host on another port, when the key is the same
  const portless = lines.filter((line) => matchesHost(line, knownHostName(host, 22)))
  return {
    algorithms: offer([...known, ...portless]),
    async verify(key) {
      const verdict = judge(key, known, portless)
      if (verdict.kind === 'known') return
      const facts = { host: node, tried: `checking the host key of ${name}`, exitCode: exitCode.refused }
      const shown = `${keyType(key) ?? 'unknown'} ${fingerprint(key)}`
      if (verdict.kind === 'revoked') {
        throw new DeployError({
          ...facts,
          message: `the host key is revoked in ${verdict.line.where}: ${shown}`,
          next: 'somebody may pose as this host: ask the person who revoked the key',
        })
      }
      if (verdict.kind === 'changed') {
        throw new DeployError({
          ...facts,
          message: 'the host key has CHANGED: somebody may pose as this host, or it was installed anew',
          answered: [
            `${verdict.line.where} holds ${verdict.line.type} ${fingerprint(verdict.line.key)}`,
            `the host showed ${shown}`,
          ].join('\n'),
          next: [
            `compare with what \`ssh-keygen -lf /etc/ssh/ssh_host_${shortType(keyType(key))}_key.pub\` prints on the host’s console`,
            `if it is right: ssh-keygen -R '${name}' -f ${verdict.line.where.replace(/:\d+$/, '')}`,
          ],
        })
      }
      if (verdict.kind === 'certificate') {
        throw new DeployError({
          ...facts,
          message: `${verdict.line.where} trusts this host by a certificate authority, which cannot be checked here (the ssh2 library has no host certificates)`,
          answered: `the host showed ${shown}`,
          next: `add the host’s own key to known_hosts: ssh-keyscan -p ${port} ${host}`,
        })
      }
      if (confirm === undefined || !(await confirm(host, fingerprint(key), keyType(key) ?? ''))) {
        throw new DeployError({
          ...facts,
          message: `the host key is not known: ${shown}`,
          answered: files.length === 0 ? 'no known_hosts file is given' : `not in ${files.join(', ')}`,
          next: [
            `compare with what \`ssh-keygen -lf /etc/ssh/ssh_host_${shortType(keyType(key))}_key.pub\` prints on the host’s console`,
            'to trust it: --accept-new-host-keys, or connect once with ssh',
          ],
        })
      }
      const [file] = files
      if (file !== undefined) await remember(file, `${name} ${keyType(key)} ${key.toString('base64')}`)
    },
  }
}

type Verdict = { kind: 'known' | 'unknown' } | { kind: 'revoked' | 'changed' | 'certificate'; line: KnownHost }

function judge(key: Buffer, known: KnownHost[], portless: KnownHost[]): Verdict {
  const both = [...known, ...portless]
  const revoked = both.find((line) => line.marker === 'revoked' && line.key.equals(key))
  if (revoked !== undefined) return { kind: 'revoked', line: revoked }
  if (both.some((line) => line.marker === 'none' && line.key.equals(key))) return { kind: 'known' }
  const plain = known.filter((line) => line.marker === 'none')
  // A key of another type than the known ones is a change too: those were offered first, so the host has them no more
  const other = plain.find((line) => line.type === keyType(key)) ?? plain.find((line) => line.type in algorithmsOf)
  if (other !== undefined) return { kind: 'changed', line: other }
  const authority = known.find((line) => line.marker === 'cert-authority')
  return authority === undefined ? { kind: 'unknown' } : { kind: 'certificate', line: authority }
}

const algorithmsOf: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
}

function offer(known: KnownHost[]): ServerHostKeyAlgorithm[] {
  const types = known.filter((line) => line.marker === 'none').map((line) => line.type)
  return [...new Set([...types, ...Object.keys(algorithmsOf)].flatMap((type) => algorithmsOf[type] ?? []))]
}

/** `ed25519`, as in the name of sshd's key file. */
function shortType(type: string | undefined): string {
  return type?.startsWith('ecdsa') === true ? 'ecdsa' : (type ?? '').replace(/^ssh-/, '')
}

async function readKnownHosts(file: string): Promise<KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new DeployError({ message: `cannot read ${file}`, exitCode: exitCode.refused, cause: error })
  }
}

async function remember(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const before = await readFile(file, 'utf8').catch(() => '')
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`, { mode: 0o600 })
  if (before === '') await chmod(file, 0o600)
}
