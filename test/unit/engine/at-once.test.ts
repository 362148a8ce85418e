import { expect, test } from 'vitest'
import { converge } from '../../../src/engine/run.ts'
import { fewHosts, renewing } from './few-hosts.ts'

test.each(['read', 'lock', 'change'])(
  'no host waits for another: %s',
  async (kind) => {
    const names = ['a', 'b', 'c']
    const hosts = fewHosts(names)
    const under = new Set<string>()
    const all = Promise.withResolvers<void>()
    // Ends once all are under way, which one after the other never are.
    hosts.during = async (command) => {
      if (!command.startsWith(kind)) return
      under.add(command)
      if (under.size === names.length) all.resolve()
      await all.promise
    }
    await converge([renewing()], hosts.subject, hosts.context)
    expect([...under].toSorted()).toEqual(names.map((name) => `${kind} ${name}`))
  },
  2000,
)

test('as many at a time as the inventory allows', async () => {
  const hosts = fewHosts(['a', 'b', 'c', 'd', 'e'], { concurrency: 2 })
  let [under, most] = [0, 0]
  hosts.during = async (command) => {
    if (!/^(read|change)/.test(command)) return
    most = Math.max(most, ++under)
    await new Promise(setImmediate)
    under--
  }
  await converge([renewing()], hosts.subject, hosts.context)
  expect(most).toBe(2)
})
