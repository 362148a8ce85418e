import { expect, test } from 'vitest'

import { noColors } from '../../../src/ui/colors.ts'
import { table } from '../../../src/ui/table.ts'

const columns = [{ title: 'NAME' }, { title: 'DB', align: 'right' as const }, { title: 'HEALTH' }]
const red = (text: string) => `\u001b[31m${text}\u001b[39m`

test('columns are aligned by what is seen, whatever colours and wide letters do', () => {
  const rows = [
    ['node1', '20.5 MB', { text: 'unhealthy', style: red }],
    ['大小', '1.0 MB', 'healthy'],
  ]
  expect(table(columns, rows, { colors: noColors })).toBe(
    ['NAME        DB  HEALTH', `node1  20.5 MB  ${red('unhealthy')}`, '大小    1.0 MB  healthy'].join('\n'),
  )
})

test('what a host says cannot break a row or the terminal', () => {
  const text = table([{ title: 'A' }, { title: 'B' }], [['x\ny\u001b[2J', 'z']], { colors: noColors })
  expect(text).toBe('A    B\nx y  z')
})

test('a missing cell is empty', () => {
  expect(table(columns, [['node1']], { colors: noColors }).split('\n')[1]).toBe('node1')
})

test('on a narrow terminal each row is a record', () => {
  const rows = [
    ['node1', '20.5 MB', 'healthy'],
    ['node2', '20.6 MB', 'healthy'],
  ]
  expect(table(columns, rows, { colors: noColors, maxWidth: 20 })).toBe(
    [
      'NAME    node1',
      'DB      20.5 MB',
      'HEALTH  healthy',
      '',
      'NAME    node2',
      'DB      20.6 MB',
      'HEALTH  healthy',
    ].join('\n'),
  )
})
