import fc from 'fast-check'
import { expect, test } from 'vitest'
import { liveKeys } from '../../../src/etcd/live-keys.ts'

test('what was put and not removed since', () => {
  const change = fc.record({ put: fc.boolean(), key: fc.uint8Array({ minLength: 1, maxLength: 2, max: 3 }) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const keys = liveKeys()
      const there = new Map<string, boolean>()
      for (const { put, key } of changes) {
        if (put) keys.put(Buffer.from(key))
        else keys.remove(Buffer.from(key))
        there.set(key.join(), put)
      }
      expect(keys.count()).toBe([...there.values()].filter((is) => is).length)
    }),
  )
})

test('too many, or too long ones, are not kept: no number then, also once some are gone', () => {
  for (const limits of [
    { keys: 3, bytes: 1000 },
    { keys: 1000, bytes: 6 },
  ]) {
    const keys = liveKeys(limits)
    for (const key of ['aa', 'bb', 'cc']) keys.put(Buffer.from(key))
    keys.put(Buffer.from('aa'))
    expect(keys.count()).toBe(3)
    keys.put(Buffer.from('dd'))
    keys.remove(Buffer.from('dd'))
    expect(keys.count()).toBeUndefined()
  }
})
