import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endpoints, movesOf, wishesOf, type AddressArguments } from '../../../src/cli/moves-wanted.ts'
import { DeployError } from '../../../src/errors.ts'
import { cluster } from '../status/samples.ts'

const of = cluster({
  nodes: {
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2' },
    node3: { peer: { address: '10.0.0.3' }, client: { address: '192.168.0.3' } },
  },
})

/** `node2 10.0.0.2→10.0.0.9`, peer addresses, then the client's where they differ. */
function asked(options: AddressArguments): string[] {
  const wishes = wishesOf(options, of, (node) => [node])
  return movesOf(of, wishes, endpoints).map(({ node, from, to }) => {
    const sides = [`${from.peer.address}→${to.peer.address}`, `${from.client.address}→${to.client.address}`]
    return `${node} ${[...new Set(sides)].join(' ')}`
  })
}

function refused(options: AddressArguments): DeployError {
  try {
    asked(options)
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
  throw new Error('not refused')
}

test('one member', () => {
  expect(asked({ node: 'node2', address: '10.0.0.9' })).toEqual(['node2 10.0.0.2→10.0.0.9'])
})

test('who is there already does not move', () => {
  expect(asked({ node: 'node2', address: '10.0.0.2' })).toEqual([])
})

test('--map: by address, by name, several networks of one member; also from a file', () => {
  const map = '10.0.0.1=10.1.0.1,node2=10.1.0.2,10.0.0.3=10.1.0.3,192.168.0.3=192.168.1.3'
  const all = ['node1 10.0.0.1→10.1.0.1', 'node2 10.0.0.2→10.1.0.2', 'node3 10.0.0.3→10.1.0.3 192.168.0.3→192.168.1.3']
  expect(asked({ map })).toEqual(all)
  const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-map-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'map.txt')
  writeFileSync(file, `# new subnet\n${map.replaceAll(',', '\n')}  # the last\n\n`)
  expect(asked({ map: file })).toEqual(all)
  writeFileSync(file, map.replaceAll('=', ' ').replaceAll(',', '\r\n'))
  expect(asked({ map: file })).toEqual(all)
})

test.each<[string, AddressArguments, RegExp, string | undefined]>([
  ['an unknown node', { node: 'nod2', address: '10.0.0.9' }, /no node nod2/, 'did you mean node2?'],
  ['no address', { node: 'node2', address: '10.0.0.999' }, /not an IPv4 address/, undefined],
  [
    'an address to listen on',
    { node: 'node2', address: '0.0.0.0' },
    /one to reach a member by|address to listen on/,
    undefined,
  ],
  ['a URL', { node: 'node2', address: 'https://10.0.0.9:2380' }, /is a URL/, undefined],
  ['nowhere to go', { node: 'node2' }, /where does node2 go/, undefined],
  ['nobody to move', { peer: '10.0.0.9' }, /which member/, undefined],
  ['a map and a node', { node: 'node2', map: '10.0.0.1=10.1.0.1' }, /no other name goes with it/, undefined],
  ['a map of nobody', { map: '10.9.0.1=10.1.0.1' }, /no member is at 10\.9\.0\.1/, undefined],
  ['a map that is none', { map: '10.0.0.1=10.1.0.1=10.2.0.1' }, /is not OLD=NEW/, undefined],
  ['a map to nowhere', { map: '10.0.0.1=' }, /is not OLD=NEW/, undefined],
  ['a file that is not there', { map: '/nowhere/map.txt' }, /neither OLD=NEW nor a file/, undefined],
  ['two addresses, one given', { node: 'node3', address: '10.0.0.9' }, /--peer 10|address for peers/, undefined],
])('%s: wrong usage', (_, options, words, next) => {
  const error = refused(options)
  expect(error.exitCode).toBe(2)
  expect(error.message).toMatch(words)
  if (next !== undefined) expect([error.next].flat()).toContain(next)
})
