import { describe, expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { joined, refuseJoiner } from '../../../src/steps/refuse-joiner.ts'
import type { FileSeen, HostSeen, ReachedHost, Seen } from '../../../src/steps/seen.ts'
import { cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'

const of = withNodes(5)
const at = layoutOf(of)
const three = memberEntries(of).slice(0, 3)

function withNodes(size: number, parts: Record<string, unknown> = {}): Cluster {
  const names = Array.from({ length: size }, (_, index) => index + 1)
  return cluster({ nodes: Object.fromEntries(names.map((n) => [`node${n}`, { address: `10.0.0.${n}` }])), ...parts })
}

/** Three members serve, node4 and node5 have nothing yet; `members` is etcd's list. */
function seen(members: MemberEntry[] = three, others: Record<string, HostSeen> = {}): Seen {
  const bare = (name: string): ReachedHost => ({ ...stopped(of, name), formed: undefined, dataEntries: [] })
  return {
    hosts: new Map(
      of.nodes.map(({ name }, index) => {
        const on = index < 3 ? host(of, name, { etcd: etcd(of, name, { members }) }) : bare(name)
        return [name, others[name] ?? on] as const
      }),
    ),
  }
}

function entry(parts: Partial<MemberEntry>): MemberEntry {
  return { id: 'd4', name: 'node4', peerUrls: ['http://10.0.0.4:2380'], clientUrls: [], isLearner: true, ...parts }
}

const words = (from: Seen, inventory: Cluster = of): string[][] =>
  refuseJoiner(inventory, 'node4', from).map(({ message, answered = '', next, exitCode }) => {
    expect(exitCode).toBe(3)
    return [message, answered, ...next]
  })

test('a new node beside three healthy members may join', () => {
  expect(words(seen())).toEqual([])
  expect(joined(of, 'node4', seen())).toBe('not')
})

describe('begun by a run that died, its record lost: it goes on', () => {
  test.each<[string, Partial<MemberEntry>, 'half' | 'wholly']>([
    ['added and never started: known by its peer URL alone', { name: '' }, 'half'],
    ['a learner that was not promoted', {}, 'half'],
    ['etcd 3.3: a voter that never started', { name: '', isLearner: false }, 'half'],
    ['a voter', { isLearner: false }, 'wholly'],
  ])('%s', (_, parts, expected) => {
    const from = seen([...three, entry(parts)])
    expect(words(from)).toEqual([])
    expect(joined(of, 'node4', from)).toBe(expected)
  })
})

describe('refused, with what to do instead', () => {
  test('another one is still a learner: it is finished first, by its name or by its peer URL', () => {
    for (const name of ['node5', '']) {
      const [said] = words(seen([...three, entry({ id: 'e5', name, peerUrls: ['http://10.0.0.5:2380'] })]))
      expect(said?.[0]).toMatch(/node5 is still a learner/)
      expect(said).toContain('finish it: etcd-deploy member add node5')
    }
  })

  test('a learner that the inventory does not know can be taken out', () => {
    const [said] = words(seen([...three, entry({ id: 'f6', name: 'old', peerUrls: ['http://10.0.0.9:2380'] })]))
    expect(said?.slice(2)).toEqual(['or take it out again: etcd-deploy member remove old'])
  })

  test('where etcd takes more than one, it is no reason', () => {
    const more = withNodes(5, { settings: { 'max-learners': 2 } })
    expect(
      words(seen([...three, entry({ id: 'e5', name: 'node5', peerUrls: ['http://10.0.0.5:2380'] })]), more),
    ).toEqual([])
  })

  test('its address is that of another member', () => {
    const [said] = words(seen([...three, entry({ name: 'former', isLearner: false })]))
    expect(said?.[0]).toBe('etcd knows this member as former, the inventory calls it node4')
  })

  test('its name is that of a member at another address', () => {
    const [said] = words(seen([...three, entry({ isLearner: false, peerUrls: ['http://10.0.0.44:2380'] })]))
    expect(said?.[0]).toMatch(/etcd knows node4 at http:\/\/10\.0\.0\.44:2380/)
    expect(said).toContain('etcd-deploy change-ip node4 10.0.0.4')
  })

  test('with one of three down: it is to be removed or replaced first', () => {
    const [said] = words(seen(three, { node3: stopped(of, 'node3') }))
    expect(said?.[1]).toBe('a cluster of 4 must have 3 healthy, 2 are (not healthy: node3)')
    expect(said).toContain('if node3 is dead: etcd-deploy member remove node3, or etcd-deploy member replace node3')
  })

  test('while no member can be asked', () => {
    const down = Object.fromEntries(['node1', 'node2', 'node3'].map((name) => [name, stopped(of, name)]))
    expect(words(seen(three, down))).toHaveLength(1)
  })
})

describe('data on the host that joins', () => {
  const folder: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 0 }
  const text = (owner: string): FileSeen => ({
    ...folder,
    type: 'file',
    text: `# Managed by etcd-deploy for cluster ${owner}; x\n`,
  })
  const withFiles = (files: Record<string, FileSeen>, parts: Partial<ReachedHost> = {}): Seen => {
    const all = { [`${of.paths.data}/member`]: folder, ...files }
    return seen(three, {
      node4: { ...stopped(of, 'node4'), formed: undefined, files: new Map(Object.entries(all)), ...parts },
    })
  }

  test('that nothing says is ours is left alone', () => {
    const [said] = words(withFiles({}))
    expect(said?.[0]).toMatch(/holds a member, and nothing says that it is of cluster prod/)
    expect(said?.join()).toMatch(/mv \/var\/lib\/etcd\/member /)
    expect(words(withFiles({ [at.env]: text('other') }))).toHaveLength(1)
  })

  test('of a former member of ours is no reason: it is set aside', () => {
    expect(words(withFiles({ [at.env]: text('prod') }))).toEqual([])
    expect(words(withFiles({ [at.unit]: text('prod') }))).toEqual([])
    const remembers = { cluster: 'prod', clusterId: 'cc', token: 't', formedAt: '' }
    expect(words(withFiles({}, { formed: remembers }))).toEqual([])
  })
})
