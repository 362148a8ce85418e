import type { SshTarget } from '../inventory/model.ts'
import type { Attempting } from './client.ts'
import type { Connected } from './connected.ts'
import type { Transport } from './transport.ts'

/** The way to a target, through its jump hosts where it has some; these are logged in by then. */
export interface Route<Way> {
  way: Way
  leave: () => void
}

/**
 * Finds ways: one connection to a jump host for all the nodes behind it, closed when the last of them is. `abandoned`: this way is wanted no
 * more, though the run goes on.
 */
export type FindRoute<Way> = (
  name: string,
  target: SshTarget,
  options: Attempting,
  abandoned: AbortSignal,
) => Promise<Route<Way>>

export function jumpRoutes<C extends Connected, Way>(transport: Transport<C, Way>): FindRoute<Way> {
  const open = new Map<string, Entry<C>>()

  const enter = async (
    hop: SshTarget,
    before: SshTarget[],
    options: Attempting,
    abandoned: AbortSignal,
  ): Promise<C> => {
    const name = `jump host ${hop.host}`
    options.past.of(name, hop).mayBegin(options.askPerson !== undefined)
    const route = await find(name, hop, before, options, abandoned)
    const signal = AbortSignal.any([options.signal, abandoned])
    try {
      const connection = await transport.logIn(name, hop, route.way, { ...options, signal }, [])
      void connection.ended.then(route.leave)
      return connection
    } catch (error) {
      route.leave()
      throw error
    }
  }

  const begin = (hop: SshTarget, before: SshTarget[], options: Attempting): Entry<C> => {
    const abandon = new AbortController()
    const entry: Entry<C> = { connection: enter(hop, before, options, abandon.signal), users: 0, abandon }
    entry.connection.then(
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
  ): Promise<Route<Way>> => {
    const hop = jump.at(-1)
    if (hop === undefined) return { way: transport.direct(name, target), leave: () => {} }
    const key = JSON.stringify(jump)
    const entry = open.get(key) ?? begin(hop, jump.slice(0, -1), options)
    open.set(key, entry)
    entry.users++
    const leave = once(() => {
      if (--entry.users > 0) return
      open.delete(key)
      entry.abandon?.abort()
      entry.connection.then(
        (connection) => connection.end(),
        () => {},
      )
    })
    try {
      const connection = await unlessAborted(entry.connection, abandoned)
      return { way: transport.through(connection, target), leave }
    } catch (error) {
      leave()
      throw error
    }
  }
  return (name, target, options, abandoned) => find(name, target, target.jump, options, abandoned)
}

/** A connection to a jump host. */
interface Entry<C> {
  connection: Promise<C>
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
