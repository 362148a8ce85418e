import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepConnections } from '../../../src/cli/kept-connections.ts'
import type { Connection } from '../../../src/host/host.ts'
import { localHost, switchedOff } from './local-hosts.ts'

interface Open {
  connection: Connection
  closed: boolean
  /** From the other side. */
  cut(): void
}

/** A connection that can end. */
function open(name: string): Open {
  const made = localHost(name)
  if (made.kind !== 'connected') throw new Error('not connected')
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const it: Open = {
    closed: false,
    cut: resolve,
    connection: { kind: 'connected', host: { ...made.host, ended, close: () => (it.closed = true) } },
  }
  return it
}

const stop = new AbortController()
let tried: number[] = []
let answer: () => Promise<Connection>

beforeEach(() => {
  vi.useFakeTimers()
  tried = []
})
afterEach(() => vi.useRealTimers())

function keeping(first: Connection, { signal = stop.signal } = {}) {
  const begunMs = Date.now()
  const connections = new Map([['node1', first]])
  const kept = keepConnections({
    connections,
    signal,
    reconnect: () => {
      tried.push(Math.round((Date.now() - begunMs) / 1000))
      return answer()
    },
  })
  return { ...kept, at: () => kept.now().get('node1') }
}

test('a host that goes away is told of at once, sought again, and kept when it is back', async () => {
  const [first, second] = [open('node1'), open('node1')]
  const kept = keeping(first.connection)
  kept.heard('node1', undefined)
  answer = () => Promise.resolve(switchedOff('node1'))
  first.cut()
  await vi.advanceTimersByTimeAsync(0)
  expect(kept.at()).toMatchObject({
    kind: 'unreachable',
    error: { host: 'node1', message: expect.stringContaining('has ended') },
  })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(tried).toEqual([1, 3, 7, 15, 30, 45, 60])
  answer = () => Promise.resolve(second.connection)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(kept.at()).toBe(second.connection)
  await vi.advanceTimersByTimeAsync(300_000)
  expect(tried).toHaveLength(8)
  second.cut()
  await vi.advanceTimersByTimeAsync(1000)
  expect(tried).toHaveLength(9)
})

test('one that never let us in is sought more and more rarely', async () => {
  answer = () => Promise.resolve(switchedOff('node1'))
  keeping(switchedOff('node1'))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(tried).toEqual([10, 30, 70, 150, 310])
})

test('what fails from the start is asked more and more rarely, until it works; what worked once always', async () => {
  const first = open('node1')
  const kept = keeping(first.connection)
  const refused = new Error('sudo refused the password')
  kept.heard('node1', refused)
  expect(kept.at()).toEqual({ kind: 'unreachable', error: refused })
  const asked: number[] = []
  for (let second = 1; second <= 100; second++) {
    await vi.advanceTimersByTimeAsync(1000)
    const at = kept.at()
    if (at?.kind === 'connected') asked.push(second)
    // As it is told while it is not asked
    kept.heard('node1', at?.kind === 'unreachable' ? at.error : refused)
  }
  expect(asked).toEqual([10, 30, 70])
  await vi.advanceTimersByTimeAsync(80_000)
  expect(kept.at()).toBe(first.connection)
  kept.heard('node1', undefined)
  kept.heard('node1', new Error('not finished after 8 s'))
  expect(kept.at()).toBe(first.connection)
  const other = keeping(open('node1').connection)
  other.heard('node1', undefined)
  other.heard('node1', new Error('not finished after 8 s'))
  expect(other.at()).toMatchObject({ kind: 'connected' })
})

test('a reconnect that fails for any reason is tried again, and one that comes too late is closed', async () => {
  const end = new AbortController()
  const first = open('node1')
  const late = open('node1')
  const kept = keeping(first.connection, { signal: end.signal })
  kept.heard('node1', undefined)
  answer = () => Promise.reject(new Error('a question'))
  first.cut()
  await vi.advanceTimersByTimeAsync(3000)
  expect(kept.at()).toMatchObject({ error: { message: 'a question' } })
  const pending = Promise.withResolvers<Connection>()
  answer = () => pending.promise
  await vi.advanceTimersByTimeAsync(4000)
  end.abort()
  pending.resolve(late.connection)
  await vi.advanceTimersByTimeAsync(100_000)
  expect(late.closed).toBe(true)
  expect(tried).toEqual([1, 3, 7])
})
