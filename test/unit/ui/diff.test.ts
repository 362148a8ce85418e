import { Chalk } from 'chalk'
import { expect, test } from 'vitest'

import { noColors } from '../../../src/ui/colors.ts'
import { diffLines } from '../../../src/ui/diff.ts'

const diff = '--- etcd.env\n+++ etcd.env\n@@ -1,2 +1,2 @@\n NAME=node1\n-QUOTA=2\n+QUOTA=8\u001b[2J\n'

test('without colours it is the diff, harmless', () => {
  expect(diffLines(diff, noColors)).toEqual([
    '--- etcd.env',
    '+++ etcd.env',
    '@@ -1,2 +1,2 @@',
    ' NAME=node1',
    '-QUOTA=2',
    '+QUOTA=8',
  ])
})

test('removed is red, added is green, headings are neither', () => {
  const colors = new Chalk({ level: 1 })
  const lines = diffLines(diff, colors)
  expect(lines[0]).toBe(colors.bold('--- etcd.env'))
  expect(lines[4]).toBe(colors.red('-QUOTA=2'))
  expect(lines[5]).toBe(colors.green('+QUOTA=8'))
})

test('a long one says how much is left out', () => {
  expect(diffLines('+1\n+2\n+3\n', noColors, 2)).toEqual(['+1', '+2', '… 1 more line'])
})
