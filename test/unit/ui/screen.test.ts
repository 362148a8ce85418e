import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { fitting, openScreen } from '../../../src/ui/screen.ts'

test.each([
  ['all that has room', 'a\nb\nc', 80, 3, ['a', 'b', 'c']],
  ['what has room, and how much more there is', 'a\nb\nc\nd', 80, 3, ['a', 'b', '… 2 more lines']],
  ['long lines count as the rows that they take', `${'x'.repeat(25)}\nb\nc`, 10, 4, ['x'.repeat(25), '… 2 more lines']],
  [
    'escapes take no room',
    `\u001b[31m${'x'.repeat(10)}\u001b[39m\nb`,
    10,
    2,
    [`\u001b[31m${'x'.repeat(10)}\u001b[39m`, 'b'],
  ],
])('%s', (_, text, columns, rows, lines) => {
  expect(fitting(text, columns, rows)).toEqual(lines)
})

class Terminal extends EventEmitter {
  columns = 80
  rows = 24
  written = ''
  write(text: string): boolean {
    this.written += text
    return true
  }
}

test('the terminal is left as it was found, with what was shown last', () => {
  const terminal = new Terminal()
  const listeners = process.listenerCount('exit')
  const screen = openScreen(terminal as unknown as NodeJS.WriteStream)
  screen.show('first')
  screen.show('second')
  screen.close()
  const { written } = terminal
  expect(written.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
  expect(written).toMatch(/first[^]*second/)
  expect(written.endsWith('\u001b[?25h\u001b[?1049lsecond\n')).toBe(true)
  expect([process.listenerCount('exit'), terminal.listenerCount('resize')]).toEqual([listeners, 0])
})

test('a terminal that changes its size is drawn anew', () => {
  const terminal = new Terminal()
  const screen = openScreen(terminal as unknown as NodeJS.WriteStream)
  screen.show('a\nb\nc')
  terminal.written = ''
  terminal.rows = 2
  terminal.emit('resize')
  expect(terminal.written).toContain('… 2 more lines')
  screen.close()
})
