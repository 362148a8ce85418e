import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { converge } from '../../../src/engine/run.ts'
import { DeployError, exitCode } from '../../../src/errors.ts'
import { fewHosts, renewing, type FewHosts } from './few-hosts.ts'

const error = new DeployError({ message: 'b is needed', answered: 'by the arithmetic', exitCode: exitCode.refused })

/** Nobody may go while another one is sick. */
function refusesWhileSick(hosts: FewHosts, allowable = false): void {
  hosts.subject.guard = ({ host }, _, seen) =>
    [...seen].some(([name, word]) => name !== host && word === 'sick') ? { error, allowable } : undefined
}

describe('the guard decides on a reading that is younger than', () => {
  test('the change before: c fell sick while a was down', async () => {
    const hosts = fewHosts(['a', 'b', 'c'])
    refusesWhileSick(hosts)
    hosts.during = async (command) => {
      if (command === 'change a') hosts.now.set('c', 'sick')
    }
    await expect(converge([renewing({ takesDown: true })], hosts.subject, hosts.context)).rejects.toBe(error)
    expect(Object.fromEntries(hosts.now)).toEqual({ a: 'new', b: 'old', c: 'sick' })
  })

  describe('what takes its time on this side', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
    afterEach(() => void vi.useRealTimers())

    test('a download', async () => {
      const hosts = fewHosts(['a', 'b', 'c'])
      refusesWhileSick(hosts)
      hosts.subject.prepare = async (_, { purpose }) => {
        if (purpose === 'glance' || hosts.now.get('c') === 'sick') return null
        vi.setSystemTime(Date.now() + 60_000)
        hosts.now.set('c', 'sick')
        return null
      }
      await expect(converge([renewing({ takesDown: true })], hosts.subject, hosts.context)).rejects.toBe(error)
      expect(hosts.now.get('a')).toBe('old')
    })

    test('a person who thinks about the question', async () => {
      const hosts = fewHosts(['a', 'b'], {
        ask: {
          confirm: async () => {
            vi.setSystemTime(Date.now() + 60_000)
            hosts.now.set('a', 'worse')
            return true
          },
          typed: () => Promise.reject(new Error('asked')),
        },
      })
      const seenByGuard: (string | undefined)[] = []
      hosts.subject.guard = (_, _want, seen) => {
        seenByGuard.push(seen.get('a'))
        return seen.get('a') === 'worse' ? { error, allowable: false } : { error, allowable: true }
      }
      await expect(converge([renewing({ takesDown: true })], hosts.subject, hosts.context)).rejects.toBe(error)
      expect(seenByGuard).toEqual(['old', 'worse'])
    })
  })
})

describe('what the guard refuses', () => {
  const sick = () => {
    const hosts = fewHosts(['a', 'b'])
    hosts.now.set('b', 'sick')
    return hosts
  }

  test('--allow-downtime does not allow, where it is no matter of a person', async () => {
    const hosts = sick()
    refusesWhileSick(hosts)
    const context = { ...hosts.context, allowDowntime: true }
    await expect(converge([renewing({ takesDown: true })], hosts.subject, context)).rejects.toBe(error)
    expect(hosts.now.get('a')).toBe('old')
  })

  test.each([true, false])('a person is asked once, with the arithmetic and the flag; says %s', async (answer) => {
    const hosts = sick()
    const asked: string[][] = []
    const confirm = async (...words: string[]) => asked.push(words) > 0 && answer
    refusesWhileSick(hosts, true)
    const context = { ...hosts.context, ask: { ...hosts.context.ask, confirm } }
    const run = converge([renewing({ takesDown: true })], hosts.subject, context)
    if (answer) await run
    else await expect(run).rejects.toBe(error)
    expect(asked).toEqual([['b is needed (by the arithmetic)', '--allow-downtime']])
    expect([...hosts.now.values()]).toEqual(answer ? ['new', 'new'] : ['old', 'sick'])
  })
})

test('--on narrows who may change, never who is read: the guard sees all', async () => {
  const hosts = fewHosts(['a', 'b', 'c'])
  const seenByGuard: string[][] = []
  const checked: string[][] = []
  hosts.subject.guard = (_, _want, seen) => void seenByGuard.push([...seen.keys()])
  hosts.subject.check = (seen) => (checked.push([...seen.keys()]), [])
  await converge([renewing({ takesDown: true })], hosts.subject, { ...hosts.context, on: new Set(['b']) })
  expect(Object.fromEntries(hosts.now)).toEqual({ a: 'old', b: 'new', c: 'old' })
  expect(seenByGuard).toEqual([['a', 'b', 'c']])
  expect(new Set(checked.map((names) => names.join()))).toEqual(new Set(['a,b,c']))
})

test('a lock that is lost ends the run: nothing is changed after it', async () => {
  const hosts = fewHosts(['a', 'b'])
  hosts.during = async (command) => {
    if (command !== 'change a') return
    hosts.loseLock('b')
    await new Promise(setImmediate)
  }
  await expect(converge([renewing({ takesDown: true })], hosts.subject, hosts.context)).rejects.toThrow(
    'the lock of b is lost',
  )
  expect(hosts.commands.filter((command) => command.startsWith('change'))).toEqual(['change a'])
})

test('a lock that another run holds: who it is, exit code 3, and what was taken is given back', async () => {
  const hosts = fewHosts(['a', 'b', 'c'])
  hosts.heldBy.set('b', 'ana@laptop, etcd-deploy up, since 12:04')
  await expect(converge([renewing()], hosts.subject, hosts.context)).rejects.toMatchObject({
    exitCode: 3,
    host: 'b',
    answered: 'held by ana@laptop, etcd-deploy up, since 12:04',
  })
  // It may be a run that is just ending: the host may be asked more than once.
  const asked = new Set(hosts.commands.filter((command) => !command.startsWith('read')))
  expect([...asked].toSorted()).toEqual(['lock a', 'lock b', 'lock c', 'release a', 'release c'])
})

test('every change carries the fence of the run', async () => {
  const hosts = fewHosts(['a', 'b'])
  await converge([renewing()], hosts.subject, hosts.context)
  const only = ['change', 'lock', 'read', 'release'].flatMap((kind) => ['a', 'b'].map((host) => `${kind} ${host}`))
  expect(hosts.commands.toSorted()).toEqual(only)
})
