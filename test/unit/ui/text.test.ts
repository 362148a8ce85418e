import { describe, expect, test } from 'vitest'

import { clean, cleanLine, cut, lastLines, pad, widthOf } from '../../../src/ui/text.ts'

describe("a host's text", () => {
  test.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a new window title', '\u001b]0;gotcha\u0007after', 'after'],
    ['a link', '\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['clearing the screen', 'a\u001b[2J\u001b[Hb', 'ab'],
    ['the eight-bit forms of escapes', 'a\u009b31mb', 'ab'],
    ['an escape that never ends', 'a\u001b', 'a'],
    ['bell and backspace', 'ok\u0007\u0008\u0008no', 'okno'],
    ['reversed reading', 'gpj.\u202eexe', 'gpj.exe'],
    ['progress that rewrites its line', '10 %\r20 %\r\n', '10 %\n20 %\n'],
  ])('%s', (_, text, harmless) => {
    expect(clean(text)).toBe(harmless)
  })

  test.each(['\u001b', '\u001b]', '\u001b]a', '\u001b[', '\u001b[0;', '[', '\u001bP', '\u009b', 'a;'])(
    'a megabyte of %j takes no time to speak of',
    (part) => {
      const begunMs = performance.now()
      clean(part.repeat(2 ** 20 / part.length))
      expect(performance.now() - begunMs).toBeLessThan(2000)
    },
  )

  test('keeps letters of all kinds', () => {
    expect(clean('größe 大小 🎉\nnext')).toBe('größe 大小 🎉\nnext')
  })

  test('on one line, bounded', () => {
    expect(cleanLine('one\n  two\tthree ')).toBe('one two  three')
    expect(cleanLine('x'.repeat(1000)).length).toBe(500)
  })

  test('the last lines say how many came before', () => {
    expect(lastLines('1\n2\n3\n4\n', 2)).toEqual(['… 2 lines before', '3', '4'])
    expect(lastLines('1\n2', 2)).toEqual(['1', '2'])
  })
})

describe('width', () => {
  test.each([
    ['node1', 5],
    ['大小', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['━─✔…', 4],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%s', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test('cutting never exceeds, and never cuts what fits', () => {
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(cut('abcdef', 5)).toBe('abcd…')
    expect(cut('大小大小', 6)).toBe('大小…')
    expect(cut('abc', 0)).toBe('')
  })

  test('padding counts columns', () => {
    expect(pad('大', 4)).toBe('大  ')
    expect(pad('7', 3, 'right')).toBe('  7')
  })
})
