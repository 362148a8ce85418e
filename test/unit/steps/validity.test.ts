import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { ClusterPki } from '../../../src/steps/cluster-pki.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import { validityProblems } from '../../../src/steps/validity.ts'
import { away, cluster, host } from '../status/samples.ts'

const minuteMs = 60_000
let folder: string
let fresh: { of: Cluster; store: PkiStore }
let short: { of: Cluster; store: PkiStore }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-validity-'))
  fresh = await made('fresh', {})
  short = await made('short', { leafDays: 20 })
  return () => rm(folder, { recursive: true })
})

async function made(name: string, tls: Record<string, unknown>): Promise<{ of: Cluster; store: PkiStore }> {
  const inventory = cluster({ cluster: name, tls: { mode: 'mutual', ...tls } })
  const of = { ...inventory, pki: { ...inventory.pki, dir: folder } }
  const pki = new ClusterPki({ cluster: of, emit: () => {} })
  return { of, store: await pki.write(undefined, seen(of, {}), { kind: 'bootstrap', token: 't' }) }
}

/** Hosts whose clocks are behind this one's. */
function seen(of: Cluster, behindMs: Record<string, number>): Seen {
  const now = Date.now()
  return {
    hosts: new Map(
      of.nodes.map(({ name }) => {
        const clock = { hostMs: now - (behindMs[name] ?? 0), earliestMs: now, latestMs: now }
        return [name, host(of, name, { clock })] as const
      }),
    ),
  }
}

test.each([0, 4, -60])('a clock that is %i minutes behind accepts its certificate', (minutes) => {
  expect(validityProblems(fresh.of, seen(fresh.of, { node2: minutes * minuteMs }), fresh.store)).toEqual([])
})

test('a clock before the beginning of its certificate: its host is told, once, and up ends', () => {
  const [problem, ...more] = validityProblems(fresh.of, seen(fresh.of, { node2: 6 * minuteMs }), fresh.store)
  expect(problem).toMatchObject({ error: { host: 'node2', exitCode: 1 } })
  expect(problem?.error.message).toMatch(/clock is before the beginning of its certificate/)
  expect(problem?.warning).toBeUndefined()
  expect(more).toEqual([])
})

test('leaves that begin early enough are of no use where the clock is before the beginning of their CA', async () => {
  const { of, store } = await made('behind', {})
  const behind = seen(of, { node2: 48 * 60 * minuteMs })
  const renewal = { kinds: new Set(['server', 'peer', 'client'] as const) }
  const pki = new ClusterPki({ cluster: of, emit: () => {}, renewal })
  const renewed = await pki.write(await pki.open(), behind, { kind: 'bootstrap', token: 't' })
  expect(renewed.leaf('node2', 'server')?.serial).not.toBe(store.leaf('node2', 'server')?.serial)
  const problems = validityProblems(of, behind, renewed)
  expect(problems.map(({ error }) => error.host)).toEqual(['node2'])
  expect(problems[0]?.error.message).toMatch(/clock is before the beginning of the CA/)
})

test("members' certificates that are revoked are a warning, with the command; clients' are not", async () => {
  const { of, store } = await made('revoked', {})
  const serials = [store.leaf('node2', 'peer'), store.leaf('admin', 'client')].flatMap((leaf) => leaf?.serial ?? [])
  expect(serials).toHaveLength(2)
  const revocations = serials.map((serial) => ({
    serial,
    revokedAt: new Date().toISOString(),
    reason: 'unspecified' as const,
  }))
  await store.revoke(revocations, { thisUpdate: new Date(), nextUpdate: new Date(Date.now() + 1e9) })
  const [problem, ...more] = validityProblems(of, seen(of, {}), store)
  expect(problem).toMatchObject({ warning: true, error: { next: ['etcd-deploy rotate-certs'] } })
  expect(problem?.error.message).toMatch(/revoked.*: node2 \(peer\)$/)
  expect(more).toEqual([])
})

test('certificates that end soon are a warning, with the command', () => {
  const [problem, ...more] = validityProblems(short.of, seen(short.of, {}), short.store)
  expect(problem).toMatchObject({ warning: true, error: { next: ['etcd-deploy rotate-certs'] } })
  for (const name of ['node1 (server)', 'node3 (peer)', 'admin (client)'])
    expect(problem?.error.message).toContain(name)
  expect(more).toEqual([])
})

test('nothing to tell of a host that cannot be reached, before there is a pki/, and without TLS', () => {
  expect(validityProblems(fresh.of, { hosts: new Map([['node1', away]]) }, fresh.store)).toEqual([])
  expect(validityProblems(fresh.of, seen(fresh.of, { node2: 6 * minuteMs }), undefined)).toEqual([])
  const off = cluster({ tls: { mode: 'off' } })
  expect(validityProblems(off, seen(off, { node2: 6 * minuteMs }), fresh.store)).toEqual([])
})
