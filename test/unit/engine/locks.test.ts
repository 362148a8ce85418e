import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { takeLocks, type Locks } from '../../../src/engine/locks.ts'
import type { Connection, Fence, Host } from '../../../src/host/host.ts'

const patienceMs = 40
const names = ['b', 'c', 'a']

/** Hosts that have a lock each. `delayMs`: how long the way of one controller to one host is. */
function hosts() {
  const holders = new Map<string, string>()
  const connections = (delayMs: (name: string) => number, broken?: string): Map<string, Connection> =>
    new Map(
      names.map((name) => {
        const lock: Host['lock'] = async ({ token }) => {
          await sleep(delayMs(name))
          if (name === broken) throw new Error(`${name} is gone`)
          if (holders.has(name)) await sleep(patienceMs)
          const holder = holders.get(name)
          if (holder !== undefined) return { kind: 'held-by-other', holder }
          holders.set(name, token)
          const release = async (): Promise<void> => {
            await sleep(delayMs(name))
            holders.delete(name)
          }
          const result = { blocks: [], stderr: '', durationMs: 0 }
          return { kind: 'locked', result, lost: new Promise(() => {}), release }
        }
        return [name, { kind: 'connected', host: { name, lock } as unknown as Host }]
      }),
    )
  return { holders, connections }
}

function take(connections: Map<string, Connection>, token: string): Promise<Locks> {
  const fence: Fence = { dir: '/run/x', token, holder: token }
  const { signal } = new AbortController()
  return takeLocks(connections, fence, { looks: () => [], emit: () => {}, signal, timeoutMs: () => 1000 })
}

/** Every way in which two controllers may come first at some of the hosts. */
const races = Array.from({ length: 2 ** (2 * names.length) }, (_, bits) => bits)

test('of two controllers that begin at the same instant one gets all locks, and the other keeps none', async () => {
  const ended = await Promise.all(
    races.map(async (bits) => {
      const { holders, connections } = hosts()
      const ways = (shift: number) =>
        connections((name) => (((bits >> (shift + names.indexOf(name))) & 1) === 1 ? 12 : 2))
      const outcomes = await Promise.allSettled([take(ways(0), 'ana'), take(ways(names.length), 'ben')])
      return { outcomes, kept: [...new Set(holders.values())], count: holders.size }
    }),
  )
  for (const { outcomes, kept, count } of ended) {
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { exitCode: 3 } })
    expect(kept).toEqual([outcomes[0]?.status === 'fulfilled' ? 'ana' : 'ben'])
    expect(count).toBe(names.length)
  }
})

test('of five, one', async () => {
  const { holders, connections } = hosts()
  const tokens = ['ana', 'ben', 'cy', 'dee', 'eve']
  const outcomes = await Promise.allSettled(
    tokens.map((token, index) =>
      take(
        connections((name) => ((index + names.indexOf(name)) % 3) * 8),
        token,
      ),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(new Set(holders.values()).size).toBe(1)
})

test('one host that is held for long, though it is not the first: refused, and the others are free again', async () => {
  const { holders, connections } = hosts()
  holders.set('c', 'ana, up')
  await expect(
    take(
      connections(() => 0),
      'ben',
    ),
  ).rejects.toMatchObject({
    host: 'c',
    answered: 'held by ana, up',
    exitCode: 3,
  })
  expect([...holders]).toEqual([['c', 'ana, up']])
})

test('the first host held: refused at once, with one try', async () => {
  const { holders, connections } = hosts()
  holders.set('a', 'ana, up')
  let tries = 0
  const counted = connections(() => {
    tries++
    return 0
  })
  await expect(take(counted, 'ben')).rejects.toMatchObject({ host: 'a' })
  // Three to take, two to give back
  expect(tries).toBe(5)
})

test('a host that is lost meanwhile: the others are free again', async () => {
  const { holders, connections } = hosts()
  await expect(
    take(
      connections(() => 0, 'b'),
      'ben',
    ),
  ).rejects.toThrow('b is gone')
  expect(holders.size).toBe(0)
})
