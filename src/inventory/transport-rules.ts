import type { Inventory, SshOptions } from './define.ts'
import type { Problem } from './describe.ts'
import type { Partly } from './prune.ts'

type Login = Partly<Omit<SshOptions, 'concurrency'>>

/** The installed `ssh` asks for passwords and passphrases itself, as what it asks for may be any host's own words. */
export function transportProblems({ ssh = {}, nodes = {} }: Partly<Inventory>): Problem[] {
  const all = Object.entries(nodes)
  const byAll = all.filter(([, node]) => (node?.ssh?.transport ?? ssh.transport) === 'openssh')
  return [
    ...(byAll.length > 0 ? secretsOf(['ssh'], ssh) : []),
    ...byAll.flatMap(([name, node]) => secretsOf(['nodes', name, 'ssh'], node?.ssh ?? {})),
  ]
}

function secretsOf(path: Problem['path'], login: Login): Problem[] {
  const several = Array.isArray(login.jump)
  return [
    ...secretsAt(path, login),
    ...[login.jump].flat().flatMap((jump: unknown, index) => {
      const isRecord = typeof jump === 'object' && jump !== null
      return isRecord ? secretsAt([...path, 'jump', ...(several ? [index] : [])], jump) : []
    }),
  ]
}

function secretsAt(path: Problem['path'], login: Pick<Login, 'password' | 'passphrase'>): Problem[] {
  return (['password', 'passphrase'] as const)
    .filter((key) => login[key] !== undefined)
    .map((key) => ({
      path: [...path, key],
      reason: `cannot be given to the installed ssh (ssh.transport: openssh)`,
      next: nexts[key],
    }))
}

const nexts = {
  password: 'log in with a key, best one that an agent holds; without ssh.password ssh asks you for it, host by host',
  passphrase: 'add the key to an agent (ssh-add); without ssh.passphrase ssh asks you for it',
}
