import { describe, expect, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { decideFormation, type Formation, type Remembered } from '../../../src/steps/formation.ts'
import type { FileSeen, ReachedHost, Seen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'

const of = cluster()
const at = layoutOf(of)
const memberFolders = ['member', 'member/snap', 'member/wal'].map((name) => `${of.paths.data}/${name}`)

interface Traces {
  /** Token in an env file of ours. */
  token?: string
  /** The cluster whose env file it is. */
  owner?: string
  data?: true | 'no WAL'
  wasReady?: true
  clusterId?: string
  fstab?: string[]
}

function traced({ token, owner = of.name, data: hasData, wasReady, clusterId, fstab = [] }: Traces): ReachedHost {
  const files = new Map<string, FileSeen>()
  if (token !== undefined)
    files.set(at.env, file(`# Managed by etcd-deploy for cluster ${owner}; x\nETCD_INITIAL_CLUSTER_TOKEN=${token}\n`))
  const folders = hasData === true ? memberFolders : hasData === 'no WAL' ? memberFolders.slice(0, 2) : []
  for (const folder of folders) files.set(folder, memberFolder)
  if (wasReady === true) files.set(at.wasReady, file())
  const formed = clusterId === undefined ? undefined : { cluster: of.name, clusterId, token: 'host', formedAt: '' }
  return { ...stopped(of, 'any'), dataEntries: folders.length > 0 ? ['member'] : [], files, formed, fstab }
}

function file(text?: string): FileSeen {
  const rights = { mode: 0o640, owner: 'root', group: 'etcd', size: 1, modifiedS: 0 }
  return { type: 'file', ...rights, ...(text === undefined ? {} : { text }) }
}

const memberFolder: FileSeen = {
  type: 'directory',
  mode: 0o700,
  owner: 'etcd',
  group: 'etcd',
  size: 1,
  modifiedS: 0,
}

function seen(...traces: Traces[]): Seen {
  return { hosts: new Map(traces.map((each, index) => [`node${index + 1}`, traced(each)])) }
}

const pki: Remembered = { clusterId: 'cc', token: 'pki' }
const bootstrap = (token: string): Formation => ({ kind: 'bootstrap', token })
const formed = (token: string): Formation => ({ kind: 'formed', token, clusterId: 'cc' })

describe('a cluster is formed, or goes on being formed, or has been', () => {
  test.each<[string, Seen, Remembered | undefined, Formation]>([
    ['no trace anywhere: a random token', seen({}, {}, {}), undefined, bootstrap('fresh')],
    ['begun on one host: its token', seen({}, { token: 'begun' }, {}), undefined, bootstrap('begun')],
    [
      'begun, with data here and there',
      seen({ token: 'begun', data: true }, { token: 'begun' }, {}),
      undefined,
      bootstrap('begun'),
    ],
    [
      'begun, all started, nobody remembers yet',
      seen(...['a', 'b', 'c'].map((): Traces => ({ token: 'begun', data: true, wasReady: true }))),
      undefined,
      bootstrap('begun'),
    ],
    [
      'a token that never came to data gives way',
      seen({ token: 'begun', data: true }, { token: 'other' }, {}),
      undefined,
      bootstrap('begun'),
    ],
    [
      'one host remembers',
      seen({ data: true, clusterId: 'cc' }, { data: true }, { data: true }),
      undefined,
      formed('host'),
    ],
    ['pki/ remembers', seen({ data: true }, { data: true }, { data: true }), pki, formed('pki')],
    [
      'pki/ and hosts remember the same',
      seen(...Array.from({ length: 3 }, (): Traces => ({ data: true, clusterId: 'cc' }))),
      pki,
      formed('pki'),
    ],
  ])('%s', (_, hosts, remembered, formation) => {
    expect(decideFormation(of, hosts, remembered, 'fresh')).toEqual({ formation })
  })
})

test('data that is gone, and lies set aside: an interrupted down is named too', () => {
  const aside = { ...traced({}), dataEntries: ['member.2026-11-21T120000Z'] }
  const hosts = { hosts: new Map([...seen({ data: true, clusterId: 'cc' }, { data: true }).hosts, ['node3', aside]]) }
  const decided = decideFormation(of, hosts, pki, 'fresh')
  expect('refused' in decided && decided.refused[0]?.next).toContainEqual(
    `data lies in ${of.paths.data}/member.2026-11-21T120000Z: if an etcd-deploy down was interrupted, the same command finishes it`,
  )
})

describe('refused, each host with its reason', () => {
  test.each<[string, Seen, Remembered | undefined, string[], RegExp]>([
    ['one member wiped', seen({ data: true, clusterId: 'cc' }, {}, { data: true }), pki, ['node2'], /data is gone/],
    [
      'one wiped with all its memory',
      seen({ data: true, clusterId: 'cc' }, { data: true }, {}),
      undefined,
      ['node3'],
      /data is gone/,
    ],
    ['all wiped, pki/ remembers', seen({}, {}, {}), pki, ['node1', 'node2', 'node3'], /data is gone/],
    [
      'one member without its WAL',
      seen({ data: true, clusterId: 'cc' }, { data: 'no WAL' }, { data: true }),
      pki,
      ['node2'],
      /data is gone/,
    ],
    [
      'all wiped, one host remembers',
      seen({ clusterId: 'cc' }, {}, {}),
      undefined,
      ['node1', 'node2', 'node3'],
      /data is gone/,
    ],
    [
      'another cluster id than in pki/',
      seen({ data: true, clusterId: 'other' }, { data: true }, { data: true }),
      pki,
      ['node1'],
      /remembers cluster id other, but cc is wanted/,
    ],
    ['data that nobody of us made', seen({ data: true }, {}, {}), undefined, ['node1'], /knows nothing of/],
    [
      "data under another cluster's settings",
      seen({ data: true, token: 't', owner: 'other' }, {}, {}),
      undefined,
      ['node1'],
      /knows nothing of/,
    ],
    [
      'data of two bootstraps',
      seen({ data: true, token: 'a' }, { data: true, token: 'b' }, {}),
      undefined,
      ['node1', 'node2'],
      /knows nothing of/,
    ],
    [
      'was ready once, and only one of three has data left',
      seen({ token: 'a', data: true, wasReady: true }, { token: 'a', wasReady: true }, { token: 'a' }),
      undefined,
      ['node2', 'node3'],
      /data is gone/,
    ],
  ])('%s', (_, hosts, remembered, names, words) => {
    const decided = decideFormation(of, hosts, remembered, 'fresh')
    const refused = 'refused' in decided ? decided.refused : []
    expect(refused.map((error) => error.host)).toEqual(names)
    for (const error of refused) expect(error).toMatchObject({ exitCode: 3, message: expect.stringMatching(words) })
  })

  test.each<[string, string[], Parameters<typeof cluster>[0]]>([
    ['its data', ['/', '/var/lib/etcd'], {}],
    ['its data, with a slash in /etc/fstab', ['/var/lib/etcd/'], {}],
    ['what is above its data', ['/var/lib'], {}],
    ['its WAL', ['/wal'], { paths: { wal: '/wal/etcd' } }],
  ])('a bootstrap where the file system for %s is not mounted', (_, fstab, inventory) => {
    const hosts = seen({}, { fstab }, {})
    const decided = decideFormation(cluster(inventory), hosts, undefined, 'fresh')
    const refused = 'refused' in decided ? decided.refused : []
    expect(refused).toMatchObject([{ host: 'node2', exitCode: 3, message: expect.stringMatching(/is not mounted/) }])
    expect(refused[0]?.next[0]).toMatch(/is in \/etc\/fstab but not mounted/)
  })

  test('a bootstrap minds no other file system, and none where its data is already', () => {
    const hosts = seen(
      { fstab: ['/srv', '/var/lib/etcdx'] },
      { token: 'begun', data: true, fstab: ['/var/lib/etcd'] },
      {},
    )
    expect(decideFormation(of, hosts, undefined, 'fresh')).toEqual({ formation: bootstrap('begun') })
    const mounted = { ...traced({ fstab: ['/var/lib/etcd'] }), mounts: ['/', '/var/lib/etcd'] }
    const plain = new Map([['node1', mounted]])
    expect(decideFormation(of, { hosts: plain }, undefined, 'fresh')).toEqual({ formation: bootstrap('fresh') })
  })

  test("another cluster's member under our name, whoever remembers ours", () => {
    const running = (name: string, clusterId: string) =>
      withData(host(of, name, { formed: undefined, etcd: etcd(of, name, { clusterId }) }))
    const hosts = new Map([
      ['node1', { ...running('node1', 'cc'), formed: traced({ clusterId: 'cc' }).formed }],
      ['node2', running('node2', 'cc')],
      ['node3', running('node3', 'dd')],
    ])
    for (const remembered of [pki, undefined]) {
      const decided = decideFormation(of, { hosts }, remembered, 'fresh')
      const refused = 'refused' in decided ? decided.refused : []
      expect(refused).toMatchObject([
        { host: 'node3', exitCode: 3, message: expect.stringMatching(/is of cluster id dd, but cc is wanted/) },
      ])
    }
  })

  test('an unmounted file system is the first suspect', () => {
    const hosts = seen({ data: true }, { fstab: ['/', '/var/lib/etcd'] }, { data: true })
    const decided = decideFormation(of, hosts, pki, 'fresh')
    const [error] = 'refused' in decided ? decided.refused : []
    expect(error?.next).toEqual([
      '/var/lib/etcd is in /etc/fstab but not mounted: mount /var/lib/etcd, then run up again',
    ])
  })
})

test('where nobody serves, those that have their data are to run first: the one without can be replaced then', () => {
  const refusedOf = (node1: ReachedHost): readonly string[] => {
    const hosts = new Map([...seen({}, {}, { data: true }).hosts, ['node1', node1] as const])
    const decided = decideFormation(of, { hosts }, pki, 'fresh')
    return ('refused' in decided ? decided.refused : []).flatMap(({ next }) => next)
  }
  expect(refusedOf(traced({ data: true }))).toContain('the others first: etcd-deploy start --on node1,node3')
  expect(refusedOf(withData(host(of, 'node1'))).join()).not.toMatch(/etcd-deploy start/)
})

test('a node that etcd does not have yet is no member whose data is gone', () => {
  const four = cluster({ nodes: Object.fromEntries([1, 2, 3, 4].map((n) => [`node${n}`, { address: `10.0.0.${n}` }])) })
  const members = new Map(['node1', 'node2', 'node3'].map((name) => [name, withData(host(of, name))] as const))
  const hosts = new Map([...members, ['node4', traced({})] as const])
  expect(decideFormation(four, { hosts }, pki, 'fresh')).toEqual({ formation: formed('pki') })
})

test('a node that was added and never started has lost no data: it is gone on with, not replaced', () => {
  const entries = memberEntries(of).map((entry) => (entry.name === 'node3' ? { ...entry, name: '' } : entry))
  const members = ['node1', 'node2'].map(
    (name) => [name, withData(host(of, name, { etcd: etcd(of, name, { members: entries }) }))] as const,
  )
  const decided = decideFormation(of, { hosts: new Map([...members, ['node3', traced({})] as const]) }, pki, 'fresh')
  const refused = 'refused' in decided ? decided.refused : []
  expect(refused).toMatchObject([{ host: 'node3', exitCode: 3 }])
  expect(refused[0]?.next[0]).toBe('etcd-deploy member add node3')
})

test('a host that cannot be read is no reason to forget what the others remember', () => {
  const hosts = new Map([
    ['node1', traced({ data: true, clusterId: 'cc' })],
    ['node2', traced({ data: true })],
    ['node3', away],
  ] as const)
  expect(decideFormation(of, { hosts }, undefined, 'fresh')).toEqual({ formation: formed('host') })
})

function withData(on: ReachedHost): ReachedHost {
  return { ...on, files: new Map(memberFolders.map((folder) => [folder, memberFolder])) }
}
