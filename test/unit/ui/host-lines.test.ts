import { expect, test } from 'vitest'
import { loadColors, noColors } from '../../../src/ui/colors.ts'
import { hostLines, linesForPeople, linesForPrograms, type LineForm } from '../../../src/ui/host-lines.ts'

const hosts = ['a', 'node10']

function told(form: LineForm, said: [host: string, stream: 'stdout' | 'stderr', text: string][]) {
  const written = { stdout: '', stderr: '' }
  const lines = hostLines({ hosts, form, write: (stream, text) => void (written[stream] += text) })
  for (const [host, stream, text] of said) void lines.add(host, stream, Buffer.from(text))
  for (const host of hosts) lines.end(host)
  return written
}

const plain = linesForPeople(hosts, { stdout: noColors, stderr: noColors })

test('names are aligned, lines whole, streams apart, and the last line is told without its end', () => {
  expect(
    told(plain, [
      ['a', 'stdout', 'one\ntw'],
      ['node10', 'stdout', 'other\n'],
      ['a', 'stderr', 'oh\n'],
      ['a', 'stdout', 'o\n\nlast'],
    ]),
  ).toEqual({
    stdout: 'a      | one\nnode10 | other\na      | two\na      |\na      | last\n',
    stderr: 'a      | oh\n',
  })
})

test('nothing of a host but text and tabs reaches the terminal', () => {
  const { stdout } = told(plain, [
    ['a', 'stdout', '\u001b[2J\u001b]0;title\u0007x\ty\u0008\u009b31mz\u202e\n'],
    ['a', 'stdout', '\u001b[31mred, and never again black\nnext\n'],
  ])
  expect(stdout).toBe('a      | x\tyz\na      | red, and never again black\na      | next\n')
})

test('on a terminal each host has its colour', async () => {
  const colors = await loadColors(true)
  const { stdout } = told(linesForPeople(hosts, { stdout: colors, stderr: noColors }), [
    ['a', 'stdout', 'x\n'],
    ['node10', 'stdout', 'x\n'],
  ])
  const [first, second] = stdout.split('\n')
  expect(first).toContain(colors.cyan('a     '))
  expect(second).toContain(colors.green('node10'))
})

test('programs get JSON lines on stdout, with what was said as it was said', () => {
  const time = new Date('2026-11-22T00:00:00Z')
  const { stdout, stderr } = told(
    linesForPrograms(() => time),
    [
      ['a', 'stderr', '\u001b[31mred\n'],
      ['node10', 'stdout', 'x\ty\n'],
    ],
  )
  expect(stderr).toBe('')
  expect(stdout).not.toContain('\u001b')
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { v: 1, time: time.toISOString(), type: 'line', host: 'a', stream: 'stderr', text: '\u001b[31mred' },
    { v: 1, time: time.toISOString(), type: 'line', host: 'node10', stream: 'stdout', text: 'x\ty' },
  ])
})
