import type { Duplex } from 'node:stream'
import type { SshTarget } from '../inventory/model.ts'
import type { Client, LoginOptions } from './client.ts'
import { openClient } from './client.ts'
import { forward } from './forward.ts'
import { reach } from './reach.ts'

/** The way to a target, through its jump hosts where it has some; these are logged in by then. */
export interface Route {
  reach: (signal: AbortSignal) => Promise<Duplex>
  leave: () => void
}

/** Finds ways: one connection to a jump host for all the nodes behind it, closed when the last of them is. */
export type FindRoute = (name: string, target: SshTarget, options: LoginOptions) => Promise<Route>

export function jumpRoutes(): FindRoute {
  const open = new Map<string, { client: Promise<Client>; users: number }>()

  const enter = async (hop: SshTarget, before: SshTarget[], options: LoginOptions): Promise<Client> => {
    const name = `jump host ${hop.host}`
    const route = await find(name, hop, before, options)
    try {
      const client = await openClient(name, hop, route.reach, options)
      void client.ended.then(route.leave)
      return client
    } catch (error) {
      route.leave()
      throw error
    }
  }

  const find = async (name: string, target: SshTarget, jump: SshTarget[], options: LoginOptions): Promise<Route> => {
    const hop = jump.at(-1)
    if (hop === undefined) return { reach: (signal) => reach(name, target.host, target.port, signal), leave: () => {} }
    const key = JSON.stringify(jump)
    const entry = open.get(key) ?? { client: enter(hop, jump.slice(0, -1), options), users: 0 }
    open.set(key, entry)
    entry.users++
    const leave = once(() => {
      if (--entry.users > 0) return
      open.delete(key)
      entry.client.then(
        (client) => client.ssh.end(),
        () => {},
      )
    })
    try {
      const { ssh } = await entry.client
      return { reach: (signal) => forward(ssh, target.host, target.port, hop.host, signal), leave }
    } catch (error) {
      leave()
      throw error
    }
  }
  return (name, target, options) => find(name, target, target.jump, options)
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
