import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'
import { offer } from './host-key-algorithms.ts'
import { refusal } from './host-key-refusal.ts'
import type { KnownPlace } from './host-key-verdict.ts'
import { judge } from './host-key-verdict.ts'
import type { KnownHost } from './known-hosts.ts'
import { fingerprint, keyType, knownHostName, matchesHost, parseKnownHosts } from './known-hosts.ts'

/** Whether a person (or a flag) trusts the key of a host that is not in known_hosts. */
export type ConfirmHostKey = (host: string, fingerprint: string, type: string) => Promise<boolean>

/** Where a host may be found, and who knows it there. */
export type Place = Pick<SshTarget, 'host' | 'port' | 'knownHosts' | 'hostKeyAlias'>

/** What known_hosts says of one host. */
export interface HostKeyCheck {
  algorithms: ServerHostKeyAlgorithm[]
  /** Rejects with the reason to stop. */
  verify(key: Buffer): Promise<void>
}

/** `others`: where the same host may be found too; a key that it is known by there is its key here. */
export async function hostKeyCheck(
  node: string,
  place: Place,
  confirm: ConfirmHostKey | undefined,
  others: readonly Place[] = [],
): Promise<HostKeyCheck> {
  const { host, port } = place
  const [here, ...elsewhere] = await Promise.all([lookUp(place), ...others.map(lookUp)])
  const files = place.knownHosts.map(expandHome)
  const known = [here, ...elsewhere].flatMap(({ lines, portless }) => [...lines, ...portless])
  return {
    algorithms: offer(known),
    async verify(key) {
      const verdict = judge(key, here, elsewhere)
      const [file] = files
      const line = `${here.name} ${keyType(key)} ${key.toString('base64')}`
      switch (verdict.kind) {
        case 'known':
          return
        case 'known-elsewhere':
          // Nobody was asked: a file that can't be written must not keep out a host that is known
          if (file !== undefined) await remember(file, line).catch(() => {})
          return
        case 'unknown':
          if (confirm === undefined || !(await confirm(host, fingerprint(key), keyType(key) ?? '')))
            throw refusal({ kind: 'unknown' }, { node, host, port, name: here.name, key, files })
          if (file !== undefined) await remember(file, line)
          return
        default:
          throw refusal(verdict, { node, host, port, name: here.name, key, files })
      }
    },
  }
}

export async function lookUp({ host, port, knownHosts, hostKeyAlias }: Place): Promise<KnownPlace> {
  const read = (await Promise.all(knownHosts.map(expandHome).map(readKnownHosts))).flat()
  const name = hostKeyAlias?.toLowerCase() ?? knownHostName(host, port)
  return {
    name,
    lines: read.filter((line) => matchesHost(line, name)),
    portless: hostKeyAlias === undefined ? read.filter((line) => matchesHost(line, knownHostName(host, 22))) : [],
  }
}

async function readKnownHosts(file: string): Promise<KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new DeployError({ message: `cannot read ${file}`, exitCode: exitCode.refused, cause: error })
  }
}

export async function remember(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const before = await readFile(file, 'utf8').catch(() => '')
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`, { mode: 0o600 })
}
