import { expect, test } from 'vitest'

import { noColors } from '../../../src/ui/colors.ts'
import { summaryLines } from '../../../src/ui/summary.ts'

const nothing = {
  durationMs: 840,
  changed: [],
  restarted: [],
  unchanged: [],
  unreachable: [],
  commands: {},
  bytesSent: {},
}

test.each([
  [
    0,
    { changed: ['node1', 'node2'], restarted: ['node1'] },
    '✔ Done in 0.8 s',
    ['2 hosts changed: node1, node2', '1 host restarted: node1'],
  ],
  [0, { unchanged: ['node1'] }, '✔ Nothing to change, seen in 0.8 s', ['1 host unchanged: node1']],
  [1, { unreachable: ['node3'] }, '✖ Failed after 0.8 s', ['1 host unreachable: node3']],
  [3, {}, '✖ Refused after 0.8 s', []],
  [4, {}, '± Differences found in 0.8 s', []],
  [130, {}, '◼ Interrupted after 0.8 s.', []],
])('exit %d', (code, facts, heading, rest) => {
  expect(summaryLines(code, { ...nothing, ...facts }, noColors)).toEqual([heading, ...rest.map((line) => `  ${line}`)])
})
