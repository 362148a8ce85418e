import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envValues } from '../../../src/etcd/env-file.ts'
import { envFileLine, envName, fitsEnvFile } from '../../../src/etcd/env-line.ts'

test.each([
  ['data-dir', 'ETCD_DATA_DIR'],
  ['experimental-enable-v2v3', 'ETCD_EXPERIMENTAL_ENABLE_V2V3'],
  ['name', 'ETCD_NAME'],
])('%s is %s', (flag, variable) => {
  expect(envName(flag)).toBe(variable)
})

test.each([
  ['https://10.0.0.1:2379,https://[fd00::1]:2379', 'A="https://10.0.0.1:2379,https://[fd00::1]:2379"'],
  ['node1=https://10.0.0.1:2380', 'A=node1=https://10.0.0.1:2380'],
  ['{"maxsize": 100}', String.raw`A="{\"maxsize\": 100}"`],
  ['a b', 'A="a b"'],
  ['#no comment', 'A="#no comment"'],
  ['$HOME `id` \\', 'A="\\$HOME \\`id\\` \\\\"'],
  ['', 'A=""'],
])('%j', (value, line) => {
  expect(envFileLine('A', value)).toBe(line)
})

test.each(['a\nB=c', 'a\rb', 'a\u0000', 'a\u001b[31m', 'a\u0085b', 'a\u2028b', '\ud800'])('%j is refused', (value) => {
  expect(fitsEnvFile(value)).toBe(false)
  expect(() => envFileLine('A', value)).toThrow(/A can't be written/)
})

describe('every other value is read back as it was', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(fitsEnvFile)

  test('by our own reader', () => {
    fc.assert(
      fc.property(value, (text) => {
        expect(envValues(envFileLine('A', text))).toEqual({ A: text })
      }),
    )
  })

  test('by a POSIX shell', () => {
    const awkward = fc.string({ unit: fc.constantFrom(...'"\'\\$`# ;&|<>(){}[]*?~!=%ab'.split('')), maxLength: 20 })
    const texts = fc.sample(fc.oneof(value, awkward), 300)
    const lines = texts.map((text, index) => `${envFileLine(`V${index}`, text)}; printf '%s\\n' "$V${index}"`)
    const read = execFileSync('sh', { input: lines.join('\n'), encoding: 'utf8' })
    expect(read.split('\n').slice(0, -1)).toEqual(texts)
  })
})
