import fc from 'fast-check'
import { expect, test } from 'vitest'
import { translationNames } from '../../../src/steps/translation-rules.ts'
import { cluster } from '../status/samples.ts'

const of = cluster()
const named = (name: string) => translationNames({ service: { ...of.service, name } })
const service = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,80}$/)

test('names that iptables, nft and the kernel take, whatever the service is called', () => {
  fc.assert(
    fc.property(service, (name) => {
      const { chain, table, label } = named(name)
      expect(chain.length).toBeLessThanOrEqual(28)
      expect(table).toMatch(/^[a-z][A-Za-z0-9_]*$/)
      expect(label).toMatch(/^lo:.{1,12}$/)
    }),
  )
})

test("two clusters on one host do not take each other's translations away", () => {
  fc.assert(
    fc.property(service, service, (a, b) => {
      fc.pre(a !== b)
      const [first, second] = [named(a), named(b)]
      for (const key of ['chain', 'table', 'label'] as const) expect(first[key]).not.toBe(second[key])
    }),
  )
})
