import { describe, expect, test } from 'vitest'
import { explain } from '../../../src/inventory/explain.ts'
import { minimal, refusals, resolved, withNode } from './samples.ts'

const openssh = { transport: 'openssh' }

describe('who speaks SSH', () => {
  test('the library, unless the inventory says otherwise, for all or for a node', () => {
    const transports = (raw: Record<string, unknown>) => resolved(raw).nodes.map(({ ssh }) => ssh.transport)
    expect(transports(minimal())).toEqual(['ssh2', 'ssh2', 'ssh2'])
    expect(transports(minimal({ ssh: openssh }))).toEqual(['openssh', 'openssh', 'openssh'])
    expect(transports(withNode({ address: '10.0.0.2', ssh: openssh }))).toEqual(['ssh2', 'openssh', 'ssh2'])
    const back = withNode({ address: '10.0.0.2', ssh: { transport: 'ssh2' } }, { ssh: openssh })
    expect(transports(back)).toEqual(['openssh', 'ssh2', 'openssh'])
  })

  test('is the same on the way through a jump host', () => {
    const [node] = resolved(minimal({ ssh: { ...openssh, jump: ['gate', { host: 'inner' }] } })).nodes
    expect(node?.ssh.jump.map(({ transport }) => transport)).toEqual(['openssh', 'openssh'])
  })

  test('is shown, with where it comes from', () => {
    const raw = withNode({ address: '10.0.0.2', ssh: openssh })
    const told = explain(resolved(raw), raw, '').filter(({ path }) => path.at(-1) === 'transport')
    expect(told.map(({ value, from }) => [value, from])).toEqual([
      ['ssh2', { kind: 'default' }],
      ['openssh', { kind: 'node', at: 'nodes.node2.ssh.transport' }],
      ['ssh2', { kind: 'default' }],
    ])
  })

  test('a typo is told with the nearest word', () => {
    expect(refusals(minimal({ ssh: { transport: 'opensh' } }))).toEqual([
      expect.stringMatching(/^ssh\.transport: .*did you mean openssh\?/),
    ])
    expect(refusals(minimal({ ssh: { transpot: 'openssh' } }))).toEqual([
      expect.stringMatching(/^ssh\.transpot: .*did you mean transport\?/),
    ])
  })
})

describe('secrets that the installed ssh would have to be given', () => {
  const reason = 'cannot be given to the installed ssh (ssh.transport: openssh)'
  test.each<[string, unknown, string[]]>([
    ['for all', minimal({ ssh: { ...openssh, password: 'prompt' } }), ['ssh.password']],
    ['a passphrase', minimal({ ssh: { ...openssh, passphrase: { env: 'P' } } }), ['ssh.passphrase']],
    [
      'of a node',
      withNode({ address: '10.0.0.2', ssh: { password: 'prompt' } }, { ssh: openssh }),
      ['nodes.node2.ssh.password'],
    ],
    [
      'for all, where one node is reached so',
      withNode({ address: '10.0.0.2', ssh: openssh }, { ssh: { password: 'prompt' } }),
      ['ssh.password'],
    ],
    [
      'of a jump host',
      minimal({ ssh: { ...openssh, jump: ['gate', { host: 'inner', password: 'prompt' }] } }),
      ['ssh.jump[1].password'],
    ],
  ])('%s', (_, raw, places) => {
    expect(refusals(raw)).toEqual(places.map((place) => `${place}: ${reason}`))
  })

  test('not so those of the library, and of sudo', () => {
    expect(refusals(minimal({ ssh: { password: 'prompt' } }))).toEqual([])
    expect(refusals(minimal({ ssh: { ...openssh, user: 'ops', sudo: { password: 'prompt' } } }))).toEqual([])
    const other = withNode({ address: '10.0.0.2', ssh: { password: 'prompt', transport: 'ssh2' } }, { ssh: openssh })
    expect(refusals(other)).toEqual([])
  })
})
