import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quote } from '../../../src/host/quote.ts'

describe('quote', () => {
  it.each(['dash', 'bash'])('any string survives %s, byte for byte', (shell) => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
    const awkward = fc.constantFrom(
      `'`,
      `''`,
      `'\\''`,
      `\\`,
      '\n',
      '$(id)',
      '`id`',
      '!!',
      '-n',
      '*',
      '',
      '\u0081\u0088',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(word, awkward), { minLength: 1, maxLength: 40 }), (words) => {
        const script = `for word in ${words.map(quote).join(' ')}; do printf '%s\\0' "$word"; done`
        const printed = execFileSync(shell, ['-c', script]).toString()
        expect(printed).toBe(words.map((text) => `${text}\0`).join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what no shell word can hold', () => {
    expect(() => quote('a\0b')).toThrow(/NUL/)
  })
})
