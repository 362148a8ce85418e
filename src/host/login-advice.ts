import { access } from 'node:fs/promises'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'
import { byOpenSsh, type Identity } from './identity.ts'

/** What to do where a host let nobody in. */
export async function loginAdvice(
  target: SshTarget,
  identities: readonly Identity[],
  { wantsPerson, isRefusedByAgent }: { wantsPerson: boolean; isRefusedByAgent: boolean },
): Promise<string[]> {
  const lines: string[] = []
  if (wantsPerson) lines.push('run it on a terminal: a person must answer for the second factor')
  if (isRefusedByAgent)
    lines.push('unlock the agent (ssh-add -X), or confirm the use of the key where it asks (ssh-add -c)')
  const encrypted = identities.find((identity) => identity.kind === 'unusable' && identity.why.startsWith('encrypted'))
  if (encrypted !== undefined)
    lines.push(`give ssh.passphrase for ${encrypted.file} (or add the key to an agent: ssh-add)`)
  for (const { file } of identities) {
    const certificate = `${expandHome(file)}-cert.pub`
    const there = await access(certificate).then(
      () => true,
      () => false,
    )
    if (there)
      lines.push(
        `${certificate} was not used, as the ssh2 library has no user certificates: say ${byOpenSsh}, or authorize the plain key`,
      )
  }
  lines.push(
    `try by hand: ssh -p ${target.port} ${target.user}@${target.host}; the public key belongs into its ~/.ssh/authorized_keys`,
  )
  return lines
}
