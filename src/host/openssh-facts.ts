import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'
import { knownHostsFiles } from './known-hosts-files.ts'
import { isPlainWord } from './proxy-command.ts'
import { expandPath } from './ssh-tokens.ts'

/** The host as ssh itself will look for it, with these words in front. */
export async function askOpenSsh(name: string, said: SshTarget, words: readonly string[]): Promise<SshTarget> {
  let stdout: string
  try {
    ;({ stdout } = await promisify(execFile)('ssh', ['-G', ...words, '--', said.host], { timeout: 10_000 }))
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? notInstalled(name)
      : notUnderstood(name, error)
  }
  const one = (keyword: string): string | undefined =>
    new RegExp(`^${keyword} (.*)$`, 'm').exec(stdout)?.[1]?.trim() || undefined
  const hostKeyAlias = one('hostkeyalias')
  const found = {
    ...said,
    host: one('hostname') ?? said.host,
    port: Number(one('port') ?? said.port),
    user: one('user') ?? said.user,
    ...(hostKeyAlias !== undefined && { hostKeyAlias }),
  }
  const path = (text: string): string => expandHome(expandPath(text, { ...found, calledHost: said.host }))
  const files = { user: one('userknownhostsfile'), global: one('globalknownhostsfile') }
  const isSaid = !said.defaulted.includes('knownHosts')
  return { ...found, knownHosts: isSaid ? said.knownHosts : knownHostsFiles(files, said.knownHosts, path) }
}

/**
 * In a ProxyCommand of the user's they come to stand in shell text, and OpenSSH checks them only since 9.6: what is no plain name there could be a
 * command.
 */
export function refuseOddNames(name: string, { host, user }: SshTarget): void {
  // DOMAIN\user is a login of Active Directory
  if (isPlainWord(host) && /^[\w.:@%][\w.:@%+\\-]*$/.test(user)) return
  throw new DeployError({
    host: name,
    message: 'ssh was not run: host name or user is none that it could be told safely',
    tried: `ssh to ${JSON.stringify(user)} at ${JSON.stringify(host)}`,
    next: 'letters, digits and . _ - : are safe in both; correct ssh.host or ssh.user',
    exitCode: exitCode.usage,
  })
}

function notInstalled(name: string): DeployError {
  return new DeployError({
    host: name,
    message: 'OpenSSH’s `ssh` is not installed on this machine',
    tried: 'ssh -G, for ssh.transport: openssh',
    next: 'install openssh-client, or leave ssh.transport out',
    exitCode: exitCode.usage,
  })
}

function notUnderstood(name: string, cause: unknown): DeployError {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
  return new DeployError({
    host: name,
    message: 'ssh does not understand its configuration',
    tried: 'ssh -G',
    ...(said === '' ? {} : { answered: said }),
    next: 'correct it (see what `ssh -G HOST` says by hand), or say ssh.config: false',
    exitCode: exitCode.usage,
    cause,
  })
}
