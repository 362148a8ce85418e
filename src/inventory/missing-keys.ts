import type { Inventory, JumpOptions } from './define.ts'
import type { Problem } from './describe.ts'
import { localPath } from './local-path.ts'
import type { Partly } from './prune.ts'
import type { Surroundings } from './ssh.ts'

type Login = Partly<Pick<JumpOptions, 'key' | 'agent' | 'password'>>
type Controller = Pick<Surroundings, 'home' | 'folder' | 'exists'>

/** Key files that the inventory names and that are not there, where it names no other way to log in; of a list one is enough. */
export function missingKeys({ ssh, nodes = {} }: Partly<Inventory>, at: Controller): Problem[] {
  const all = Object.entries(nodes)
  const isUsed = all.some(([, node]) => node?.ssh?.key === undefined)
  return [
    ...(isUsed ? missingAt(['ssh'], ssh ?? {}, at) : []),
    ...jumpsAt(['ssh'], ssh?.jump, at),
    ...all.flatMap(([name, node]) => {
      const { agent, password } = ssh ?? {}
      const path = ['nodes', name, 'ssh']
      const own: Login = { ...(agent === undefined ? {} : { agent }), ...(password && { password }), ...node?.ssh }
      return [...missingAt(path, own, at), ...jumpsAt(path, node?.ssh?.jump, at)]
    }),
  ]
}

function jumpsAt(path: string[], jumps: unknown, at: Controller): Problem[] {
  const several = Array.isArray(jumps)
  return [jumps].flat().flatMap((jump: unknown, index) => {
    const place = [...path, 'jump', ...(several ? [index] : [])]
    return typeof jump === 'object' && jump !== null ? missingAt(place, jump, at) : []
  })
}

function missingAt(path: Problem['path'], { key, agent, password }: Login, at: Controller): Problem[] {
  const hasAnotherWay = password !== undefined || (agent !== undefined && agent !== false)
  if (key === undefined || hasAnotherWay) return []
  const files = [key].flat().map((file) => localPath(file, at.home, at.folder))
  if (files.length === 0 || files.some((file) => at.exists(file))) return []
  return [
    {
      path: [...path, 'key'],
      reason: `there is no file ${files.join(', nor ')}`,
      next: 'name your private key; or leave ssh.key out: then your agent, ~/.ssh/config and ~/.ssh/id_ed25519, id_ecdsa, id_rsa are tried',
    },
  ]
}
