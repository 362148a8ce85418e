import { DeployError, exitCode } from '../errors.ts'
import type { Connection, Fence, Locked } from '../host/host.ts'
import type { Emit } from './events.ts'
import { collectLooks, hostOf } from './observe.ts'
import type { HostReading, Look } from './playbook.ts'

export interface Locks {
  /** What the hosts looked like right after their lock was taken, read in the same command. */
  readings: Map<string, HostReading>
  /** Aborts when a lock was lost. */
  lost: AbortSignal
  release(): Promise<void>
}

/**
 * Takes the lock of every reachable host, all at once, or none. Of several controllers that begin at the same instant each may get some:
 * whoever has the first host in the order of names tries the others again, all others give up what they have.
 */
export async function takeLocks(
  connections: ReadonlyMap<string, Connection>,
  fence: Fence,
  options: LocksOptions,
): Promise<Locks> {
  const names = [...connections].filter(([, connection]) => connection.kind === 'connected').map(([name]) => name)
  const [first] = names.toSorted()
  const readings = new Map<string, HostReading>()
  const held = new Map<string, Locked>()
  const lost = new AbortController()
  const release = async (): Promise<void> => {
    await Promise.allSettled([...held.values()].map((lock) => lock.release()))
  }
  const take = async (name: string): Promise<Refused[]> => {
    const looks = collectLooks(options.looks(name))
    const lock = await hostOf(connections, name).lock(fence, looks.blocks, {
      what: 'take the lock',
      signal: options.signal,
      timeoutMs: options.timeoutMs(name),
    })
    if (lock.kind === 'held-by-other') return [{ name, holder: lock.holder }]
    held.set(name, lock)
    readings.set(name, looks.reading(lock.result))
    void lock.lost.then((error) => lost.abort(error))
    return []
  }
  try {
    let refused = await takeAll(names, take)
    for (let tries = 1; tries < triesOfFirst && refused.length > 0 && held.has(first ?? ''); tries++)
      refused = await takeAll(
        refused.map(({ name }) => name),
        take,
      )
    const [other] = refused
    if (other !== undefined) throw heldByOther(other)
    lost.signal.throwIfAborted()
  } catch (error) {
    await release()
    throw error
  }
  if (names.length > 0) options.emit({ type: 'lock-taken', hosts: names })
  return {
    readings,
    lost: lost.signal,
    release: async () => {
      await release()
      if (names.length > 0) options.emit({ type: 'lock-released', hosts: names })
    },
  }
}

interface LocksOptions {
  looks(host: string): Look[]
  emit: Emit
  signal: AbortSignal
  timeoutMs(host: string): number
}

interface Refused {
  name: string
  holder: string
}

/** A host has about two seconds of patience with a lock that is held, in which whoever gives up has done so. */
const triesOfFirst = 3

/** Waits for all before it tells of a failure: what was taken meanwhile must be known, to be given back. */
async function takeAll(names: string[], take: (name: string) => Promise<Refused[]>): Promise<Refused[]> {
  const attempts = await Promise.allSettled(names.map(take))
  const failed = attempts.find((attempt) => attempt.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []))
}

function heldByOther({ name, holder }: Refused): DeployError {
  return new DeployError({
    message: 'another run is changing this cluster',
    host: name,
    tried: 'take the lock',
    answered: `held by ${holder}`,
    next: 'wait until it has ended; a lock frees itself at the latest 60 s after its controller is gone',
    exitCode: exitCode.refused,
  })
}
