import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'
import { knownHostsFiles } from './known-hosts-files.ts'
import { isPlainWord } from './proxy-command.ts'
import { expandPath } from './ssh-tokens.ts'

/**
 * A target with what an OpenSSH configuration says where the inventory says nothing; asked of `ssh -G`, which knows Match,
 * Include and tokens. `passed`: hosts whose jump hosts are being looked for, as `Host *` may name one for itself.
 */
export async function applySshConfig(target: SshTarget, passed: readonly string[] = []): Promise<SshTarget> {
  const said = await askSsh(target)
  const one = (keyword: string): string | undefined => said.get(keyword)?.[0]
  const open = (key: SshTarget['defaulted'][number]): boolean => target.defaulted.includes(key)
  const jump = open('jump') && !passed.includes(target.host) ? hops(one('proxyjump') ?? 'none', target) : target.jump
  // Only the nearest jump host may itself lie behind another
  const chain = jump.map((hop, index) =>
    applySshConfig(index === 0 ? hop : { ...hop, defaulted: hop.defaulted.filter((key) => key !== 'jump') }, [
      ...passed,
      target.host,
    ]),
  )
  const found = {
    ...target,
    config: false as const,
    host: one('hostname') ?? target.host,
    port: open('port') ? Number(one('port') ?? target.port) : target.port,
    user: open('user') ? (one('user') ?? target.user) : target.user,
    jump: (await Promise.all(chain)).flatMap((hop) => [...hop.jump, { ...hop, jump: [] }]),
  }
  const hostKeyAlias = one('hostkeyalias')
  const tokens = { ...found, calledHost: target.host, ...(hostKeyAlias !== undefined && { hostKeyAlias }) }
  const path = (text: string): string => expandHome(expandPath(text, tokens))
  const knownHosts = { user: one('userknownhostsfile'), global: one('globalknownhostsfile') }
  const command = one('proxycommand') ?? 'none'
  return {
    ...found,
    key: open('key') ? await existing((said.get('identityfile') ?? target.key).map(path)) : target.key,
    agent: open('agent') ? agentOf(one('identityagent'), target.agent, path) : target.agent,
    knownHosts: open('knownHosts') ? knownHostsFiles(knownHosts, target.knownHosts, path) : target.knownHosts,
    ...(one('identitiesonly') === 'yes' && { identitiesOnly: true as const }),
    ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    ...(open('jump') &&
      found.jump.length === 0 &&
      command !== 'none' && {
        proxyCommand: withName(command, target.host),
      }),
  }
}

/** The other tokens are known where the command is run; this name only here. */
function withName(command: string, calledHost: string): string {
  return command.replaceAll(/%(.)/g, (token, letter) =>
    letter === 'n' && isPlainWord(calledHost) ? calledHost : token,
  )
}

function agentOf(said: string | undefined, agent: SshTarget['agent'], path: (text: string) => string) {
  if (said === undefined) return agent
  if (said === 'none') return false
  if (said.startsWith('$')) return process.env[said.slice(1)] ?? false
  return said === 'SSH_AUTH_SOCK' ? said : path(said)
}

/** `user@first:22,second` of ProxyJump. */
function hops(jump: string, target: SshTarget): SshTarget[] {
  if (jump === 'none') return target.jump
  const { password: _password, proxyCommand: _command, hostKeyAlias: _alias, ...inherited } = target
  return jump.split(',').map((word) => {
    const [, user, host, port] = /^(?:ssh:\/\/)?(?:(.*)@)?(\[.*\]|[^:]*)(?::(\d+))?\/?$/.exec(word) ?? []
    const unsaid: SshTarget['defaulted'] = ['host', 'jump', 'config']
    if (user === undefined) unsaid.push('user')
    if (port === undefined) unsaid.push('port')
    for (const key of ['key', 'agent', 'knownHosts'] as const) if (target.defaulted.includes(key)) unsaid.push(key)
    return {
      ...inherited,
      host: (host ?? word).replace(/^\[|\]$/g, ''),
      port: Number(port ?? 22),
      user: user ?? userInfo().username,
      jump: [],
      sudo: false,
      defaulted: unsaid,
    }
  })
}

async function askSsh({ config, host, port, user, defaulted }: SshTarget): Promise<Map<string, string[]>> {
  const said = new Map<string, string[]>()
  if (config === false) return said
  let stdout: string
  // `Match user` and tokens mean those that are really used
  const login = [
    ...(defaulted.includes('user') ? [] : ['-l', user]),
    ...(defaulted.includes('port') ? [] : ['-p', String(port)]),
  ]
  const words = ['-G', '-F', expandHome(config), ...login, '--', host]
  try {
    ;({ stdout } = await promisify(execFile)('ssh', words, { timeout: 10_000 }))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    // Nobody asked for it by name: a machine without OpenSSH does well without
    if (missing && defaulted.includes('config')) return said
    throw notUnderstood(config, host, missing, error)
  }
  for (const line of stdout.split('\n')) {
    const at = line.indexOf(' ')
    const keyword = line.slice(0, at)
    said.set(keyword, [...(said.get(keyword) ?? []), line.slice(at + 1)])
  }
  return said
}

function notUnderstood(config: string, host: string, missing: boolean, cause: unknown): DeployError {
  const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
  return new DeployError({
    host,
    message: missing ? 'ssh.config needs OpenSSH’s `ssh` on this machine' : `ssh does not understand ${config}`,
    tried: `ssh -G -F ${config} ${host}`,
    ...(stderr === '' ? {} : { answered: stderr }),
    next: missing ? 'install openssh-client, or leave ssh.config out' : 'correct it, or say ssh.config: false',
    exitCode: exitCode.usage,
    cause,
  })
}

async function existing(files: string[]): Promise<string[]> {
  const there = await Promise.all(
    files.map(async (file) => {
      // Of a key in an agent only the public file may be here
      const found = await Promise.allSettled([access(file), access(`${file}.pub`)])
      return found.some(({ status }) => status === 'fulfilled') ? [file] : []
    }),
  )
  return there.flat()
}
