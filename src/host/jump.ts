import type { SshTarget } from '../inventory/model.ts'
import type { Attempting, Client } from './client.ts'
import { endClient, openClient } from './client.ts'
import { forward } from './forward.ts'
import type { Reached } from './reach.ts'
import { reach } from './reach.ts'

/** The way to a target, through its jump hosts where it has some; these are logged in by then. */
export interface Route {
  reach: (signal: AbortSignal) => Promise<Reached>
  leave: () => void
}

/**
 * Finds ways: one connection to a jump host for all the nodes behind it, closed when the last of them is. `abandoned`: this way is wanted no
 * more, though the run goes on.
 */
export type FindRoute = (name: string, target: SshTarget, options: Attempting, abandoned: AbortSignal) => Promise<Route>

export function jumpRoutes(): FindRoute {
  const open = new Map<string, Entry>()

  const enter = async (
    hop: SshTarget,
    before: SshTarget[],
    options: Attempting,
    abandoned: AbortSignal,
  ): Promise<Client> => {
    const name = `jump host ${hop.host}`
    options.past.of(name, hop).mayBegin(options.askPerson !== undefined)
    const route = await find(name, hop, before, options, abandoned)
    const signal = AbortSignal.any([options.signal, abandoned])
    try {
      const client = await openClient(name, hop, route.reach, { ...options, signal })
      void client.ended.then(route.leave)
      return client
    } catch (error) {
      route.leave()
      throw error
    }
  }

  const begin = (hop: SshTarget, before: SshTarget[], options: Attempting): Entry => {
    const abandon = new AbortController()
    const entry: Entry = { client: enter(hop, before, options, abandon.signal), users: 0, abandon }
    entry.client.then(
      () => (entry.abandon = undefined),
      () => {},
    )
    return entry
  }

  const find = async (
    name: string,
    target: SshTarget,
    jump: SshTarget[],
    options: Attempting,
    abandoned: AbortSignal,
  ): Promise<Route> => {
    const hop = jump.at(-1)
    if (hop === undefined) return { reach: (signal) => reach(name, target, signal), leave: () => {} }
    const key = JSON.stringify(jump)
    const entry = open.get(key) ?? begin(hop, jump.slice(0, -1), options)
    open.set(key, entry)
    entry.users++
    const leave = once(() => {
      if (--entry.users > 0) return
      open.delete(key)
      entry.abandon?.abort()
      entry.client.then(endClient, () => {})
    })
    try {
      const { ssh } = await unlessAborted(entry.client, abandoned)
      return {
        reach: async (signal) => ({ socket: await forward(ssh, target.host, target.port, hop.host, signal) }),
        leave,
      }
    } catch (error) {
      leave()
      throw error
    }
  }
  return (name, target, options, abandoned) => find(name, target, target.jump, options, abandoned)
}

/** A connection to a jump host. */
interface Entry {
  client: Promise<Client>
  users: number
  /** As long as it is not logged in: nobody waits for it any more. */
  abandon: AbortController | undefined
}

async function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const aborted = (): void => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([wait, promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
