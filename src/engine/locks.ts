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

/** Takes the lock of every reachable host, all at once, or none. */
export async function takeLocks(
  connections: ReadonlyMap<string, Connection>,
  fence: Fence,
  options: { looks(host: string): Look[]; emit: Emit; signal: AbortSignal; timeoutMs(host: string): number },
): Promise<Locks> {
  const names = [...connections].filter(([, connection]) => connection.kind === 'connected').map(([name]) => name)
  const readings = new Map<string, HostReading>()
  const held: Locked[] = []
  const lost = new AbortController()
  const release = async (): Promise<void> => {
    await Promise.allSettled(held.map((lock) => lock.release()))
  }
  const attempts = await Promise.allSettled(
    names.map(async (name) => {
      const looks = collectLooks(options.looks(name))
      const lock = await hostOf(connections, name).lock(fence, looks.blocks, {
        what: 'take the lock',
        signal: options.signal,
        timeoutMs: options.timeoutMs(name),
      })
      if (lock.kind === 'held-by-other') throw heldByOther(name, lock.holder)
      held.push(lock)
      readings.set(name, looks.reading(lock.result))
      void lock.lost.then((error) => lost.abort(error))
    }),
  )
  const failed = attempts.find((attempt) => attempt.status === 'rejected')
  if (failed !== undefined) {
    await release()
    throw failed.reason
  }
  options.emit({ type: 'lock-taken', hosts: names })
  return {
    readings,
    lost: lost.signal,
    release: async () => {
      await release()
      options.emit({ type: 'lock-released', hosts: names })
    },
  }
}

function heldByOther(host: string, holder: string): DeployError {
  return new DeployError({
    message: 'another run is changing this cluster',
    host,
    tried: 'take the lock',
    answered: `held by ${holder}`,
    next: 'wait until it has ended; a lock frees itself at the latest 60 s after its controller is gone',
    exitCode: exitCode.refused,
  })
}
