import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sourceText } from '../../../src/inventory/source-text.ts'

/** As Node reads it; JSON, as what comes from another context has other prototypes. */
function read(source: string): unknown {
  return JSON.parse(runInNewContext(`JSON.stringify((${source}))`, {}) as string)
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom("'", '\\', "\\'", '\\"', '`${1}`', '\u2028', '\u202e', '\r\n', '*/', '</script>', '\ud800', "'+1+'"),
)

test('whatever a text holds, it is read again as it was', () => {
  fc.assert(
    fc.property(fc.array(hostile), (parts) => {
      const text = parts.join('')
      const source = sourceText(text)
      expect(read(source)).toBe(JSON.parse(JSON.stringify(text)))
      expect(source).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
    }),
  )
})

test('records and lists too, with any keys', () => {
  const value = fc.jsonValue({ depthSize: 'small' })
  fc.assert(
    fc.property(value, (each) => {
      expect(read(sourceText(each))).toEqual(JSON.parse(JSON.stringify(each)))
    }),
  )
  const proto = JSON.parse('{ "__proto__": { "address": "10.0.0.1" }, "a-b": 1, "1": 2 }') as object
  expect(Object.keys(read(sourceText(proto)) as object).toSorted()).toEqual(['1', '__proto__', 'a-b'])
})

test('as a person would write it: short records on one line, those of records line by line', () => {
  const inventory = {
    cluster: 'prod',
    nodes: { node1: { address: '10.0.0.1' }, 'db-2': { address: '10.0.0.2' } },
    ssh: { user: "o'neil", sudo: true },
    long: { one: 'x'.repeat(60), two: ['y'.repeat(60)] },
  }
  expect(sourceText(inventory)).toBe(`{
  cluster: 'prod',
  nodes: {
    node1: { address: '10.0.0.1' },
    'db-2': { address: '10.0.0.2' },
  },
  ssh: { user: 'o\\'neil', sudo: true },
  long: {
    one: '${'x'.repeat(60)}',
    two: ['${'y'.repeat(60)}'],
  },
}`)
})
