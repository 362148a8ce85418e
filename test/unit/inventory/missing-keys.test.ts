import { expect, test } from 'vitest'
import { minimal, refusals, withNode } from './samples.ts'

const there = new Set(['/home/ana/.ssh/there'])
const around = { connects: true, exists: (path: string) => there.has(path) }
const key = '~/.ssh/gone'
const gone = 'there is no file /home/ana/.ssh/gone'

test.each<[string, unknown, string[]]>([
  ['for all', minimal({ ssh: { key } }), [`ssh.key: ${gone}`]],
  [
    'for one node',
    withNode({ address: '10.0.0.2', ssh: { key } }, { ssh: { key: '~/.ssh/there' } }),
    [`nodes.node2.ssh.key: ${gone}`],
  ],
  [
    'for jump hosts',
    minimal({ ssh: { jump: [{ host: 'a' }, { host: 'b', key: './k' }] } }),
    ['ssh.jump[1].key: there is no file /home/ana/prod/k'],
  ],
  ['all of several', minimal({ ssh: { key: [key, '/k'] } }), [`ssh.key: ${gone}, nor /k`]],
])('%s', (_, raw, messages) => {
  expect(refusals(raw, around)).toEqual(messages)
})

test.each<[string, unknown]>([
  ['one of several is there', minimal({ ssh: { key: [key, '~/.ssh/there'] } })],
  ['the inventory names no key: a default that is missing', minimal()],
  ['the inventory names another way in', minimal({ ssh: { key, agent: true } })],
  ['a password is another way in, for one node', withNode({ address: '10.0.0.2', ssh: { key, password: 'prompt' } })],
  ['no node uses it', minimal({ ssh: { key }, nodes: { a: { address: '10.0.0.1', ssh: { key: '~/.ssh/there' } } } })],
])('nothing is refused where %s', (_, raw) => {
  expect(refusals(raw, around)).toEqual([])
})

test('nothing is refused where no host will be logged in to', () => {
  expect(refusals(minimal({ ssh: { key } }), { ...around, connects: false })).toEqual([])
})
