import { DeployError, exitCode } from '../errors.ts'
import { byOpenSsh } from './identity.ts'
import type { Verdict } from './host-key-verdict.ts'
import { fingerprint, keyType } from './known-hosts.ts'

/** A key that was shown, and where. */
export interface ShownKey {
  node: string
  host: string
  port: number
  /** As known_hosts writes it. */
  name: string
  key: Buffer
  /** Where it was looked for. */
  files: readonly string[]
}

export type Refused = Exclude<Verdict, { kind: 'known' | 'known-elsewhere' | 'unknown' }> | { kind: 'unknown' }

/** Why a host key stops everything. */
export function refusal(verdict: Refused, { node, host, port, name, key, files }: ShownKey): DeployError {
  const facts = { host: node, tried: `checking the host key of ${name}`, exitCode: exitCode.refused }
  const shown = `${keyType(key) ?? 'unknown'} ${fingerprint(key)}`
  const compare = `compare with what \`ssh-keygen -lf /etc/ssh/ssh_host_${shortType(keyType(key))}_key.pub\` prints on the host’s console`
  switch (verdict.kind) {
    case 'revoked':
      return new DeployError({
        ...facts,
        message: `the host key is revoked in ${verdict.line.where}: ${shown}`,
        next: 'somebody may pose as this host: ask the person who revoked the key',
      })
    case 'changed': {
      const { line, twin } = verdict
      return new DeployError({
        ...facts,
        message: 'the host key has CHANGED: somebody may pose as this host, or it was installed anew',
        answered: [
          `${line.where} holds ${line.type} ${fingerprint(line.key)}`,
          `the host showed ${shown}${twin === undefined ? '' : `, which ${twin.where} holds for ${node} at another address`}`,
        ].join('\n'),
        next: [compare, `if it is right: ${forget(name, line.where)}`],
      })
    }
    case 'another-host': {
      const { line } = verdict
      return new DeployError({
        ...facts,
        message: `the host that answers at ${name} is not ${node}: it has another host key`,
        answered: [
          `${line.where} holds ${line.type} ${fingerprint(line.key)} for ${node} at ${verdict.name}`,
          `the host at ${name} showed ${shown}`,
        ].join('\n'),
        next: [
          `see which host has ${host} now, and give the address that ${node} has`,
          `if ${node} was installed anew, this is no change of address: its data may be gone with its key`,
          `if only its host key was made anew: ${compare}, then ${forget(verdict.name, line.where)}`,
        ],
      })
    }
    case 'certificate':
      return new DeployError({
        ...facts,
        message: `${verdict.line.where} trusts this host by a certificate authority, which cannot be checked here (the ssh2 library has no host certificates)`,
        answered: `the host showed ${shown}`,
        next: [
          `say ${byOpenSsh}: the installed ssh can check it`,
          `or add the host’s own key to known_hosts: ssh-keyscan -p ${port} ${host}`,
        ],
      })
    case 'unknown':
      return new DeployError({
        ...facts,
        message: `the host key is not known: ${shown}`,
        answered: files.length === 0 ? 'no known_hosts file is given' : `not in ${files.join(', ')}`,
        next: [compare, 'to trust it: --accept-new-host-keys, or connect once with ssh'],
      })
  }
}

function forget(name: string, where: string): string {
  return `ssh-keygen -R '${name}' -f ${where.replace(/:\d+$/, '')}`
}

/** `ed25519`, as in the name of sshd's key file. */
function shortType(type: string | undefined): string {
  return type?.startsWith('ecdsa') === true ? 'ecdsa' : (type ?? '').replace(/^ssh-/, '')
}
