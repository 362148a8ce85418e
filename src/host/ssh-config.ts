import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'

/**
 * What an OpenSSH configuration says of a target, asked of `ssh -G`, which knows Match, Include and tokens. What the inventory
 * says itself (a port that is not 22, a user other than our own, jump hosts) comes first, as on ssh's command line.
 */
export async function applySshConfig(target: SshTarget, passed: readonly string[] = []): Promise<SshTarget> {
  if (target.config === false) return target
  const said = await askSsh(target.config, target.host)
  const one = (keyword: string): string | undefined => said.get(keyword)?.[0]
  const files = [...new Set([...target.key, ...(said.get('identityfile') ?? [])])]
  const there = await Promise.all(files.map(async (file) => target.key.includes(file) || (await exists(file))))
  const jump = one('proxyjump')
  return {
    ...target,
    config: false,
    host: one('hostname') ?? target.host,
    port: target.port === 22 ? Number(one('port') ?? 22) : target.port,
    user: target.user === userInfo().username ? (one('user') ?? target.user) : target.user,
    key: files.filter((_, index) => there[index]),
    jump:
      target.jump.length > 0
        ? await Promise.all(target.jump.map((hop) => applySshConfig({ ...hop, jump: [] }, [])))
        : jump === undefined || jump === 'none' || passed.includes(target.host)
          ? []
          : await hops(jump, target, [...passed, target.host]),
  }
}

/** `user@first:22,second`: only the first may itself lie behind another. */
async function hops(jump: string, target: SshTarget, passed: readonly string[]): Promise<SshTarget[]> {
  const { password: _, ...inherited } = target
  const chain = await Promise.all(
    jump.split(',').map(async (word, index) => {
      const { user, host, port } =
        /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?<host>\[.*\]|[^:]*)(?::(?<port>\d+))?\/?$/.exec(word)?.groups ?? {}
      const hop = await applySshConfig(
        {
          ...inherited,
          host: (host ?? word).replace(/^\[|\]$/g, ''),
          port: Number(port ?? 22),
          user: user ?? userInfo().username,
          jump: [],
        },
        passed,
      )
      return index === 0 ? [...hop.jump, { ...hop, jump: [] }] : [{ ...hop, jump: [] }]
    }),
  )
  return chain.flat()
}

async function askSsh(file: string, host: string): Promise<Map<string, string[]>> {
  let stdout: string
  try {
    ;({ stdout } = await promisify(execFile)('ssh', ['-G', '-F', expandHome(file), '--', host]))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new DeployError({
      host,
      message: missing ? 'ssh.config needs OpenSSH’s `ssh` on this machine' : `ssh does not understand ${file}`,
      tried: `ssh -G -F ${file} ${host}`,
      ...(error instanceof Error && 'stderr' in error ? { answered: String(error.stderr).trim() } : {}),
      next: missing ? 'install openssh-client, or leave ssh.config out' : 'correct it, or leave ssh.config out',
      exitCode: exitCode.usage,
      cause: error,
    })
  }
  const said = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const at = line.indexOf(' ')
    const keyword = line.slice(0, at)
    said.set(keyword, [...(said.get(keyword) ?? []), line.slice(at + 1)])
  }
  return said
}

async function exists(file: string): Promise<boolean> {
  return access(expandHome(file)).then(
    () => true,
    () => false,
  )
}
