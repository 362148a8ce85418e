import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'

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
  return {
    ...target,
    config: false,
    host: one('hostname') ?? target.host,
    port: open('port') ? Number(one('port') ?? target.port) : target.port,
    user: open('user') ? (one('user') ?? target.user) : target.user,
    key: open('key') ? await existing(said.get('identityfile') ?? target.key) : target.key,
    jump: (await Promise.all(chain)).flatMap((hop) => [...hop.jump, { ...hop, jump: [] }]),
  }
}

/** `user@first:22,second` of ProxyJump. */
function hops(jump: string, target: SshTarget): SshTarget[] {
  if (jump === 'none') return target.jump
  const { password: _password, ...inherited } = target
  return jump.split(',').map((word) => {
    const [, user, host, port] = /^(?:ssh:\/\/)?(?:(.*)@)?(\[.*\]|[^:]*)(?::(\d+))?\/?$/.exec(word) ?? []
    const unsaid: SshTarget['defaulted'] = ['host', 'jump', 'config']
    if (user === undefined) unsaid.push('user')
    if (port === undefined) unsaid.push('port')
    if (target.defaulted.includes('key')) unsaid.push('key')
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

async function askSsh({ config, host, defaulted }: SshTarget): Promise<Map<string, string[]>> {
  const said = new Map<string, string[]>()
  if (config === false) return said
  let stdout: string
  try {
    ;({ stdout } = await promisify(execFile)('ssh', ['-G', '-F', expandHome(config), '--', host], { timeout: 10_000 }))
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
    files.map(expandHome).map(async (file) =>
      access(file).then(
        () => [file],
        () => [],
      ),
    ),
  )
  return there.flat()
}
