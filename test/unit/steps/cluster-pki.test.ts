import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPki } from '../../../src/pki/open.ts'
import { ClusterPki } from '../../../src/steps/cluster-pki.ts'
import { cluster, host } from '../status/samples.ts'

const of = cluster({ tls: { mode: 'mutual' } })
const seen = { hosts: new Map(of.nodes.map(({ name }) => [name, host(of, name)] as const)) }
const dayMs = 86_400_000
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cluster-pki-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A store whose CA was made so many days ago, and whose leaves end in so many. */
async function storeOf({ caDaysAgo, endsInDays }: { caDaysAgo: number; endsInDays: number }) {
  const made = new Date(Date.now() - caDaysAgo * dayMs)
  const store = await createPki(folder, of.name, { ...of.tls, caYears: 1 }, made)
  const pki = new ClusterPki({ cluster: of, emit: () => {} })
  const wanted = await pki.due(store, seen)
  const notBefore = new Date(Date.now() - 2 * dayMs)
  const issued = wanted.map((request) => ({ ...request, notBefore, days: 2 + endsInDays }))
  return { store, pki, issue: () => store.issue(issued) }
}

test('a leaf is due once it has expired, and not before', async () => {
  const valid = await storeOf({ caDaysAgo: 10, endsInDays: 1 })
  await valid.issue()
  expect(await valid.pki.due(valid.store, seen)).toEqual([])
  rmSync(folder, { recursive: true })
  const over = await storeOf({ caDaysAgo: 10, endsInDays: -1 })
  await over.issue()
  const due = await over.pki.due(over.store, seen)
  expect(due.map(({ name, kind }) => `${name} ${kind}`).toSorted()).toEqual(
    [...of.nodes.flatMap(({ name }) => [`${name} peer`, `${name} server`]), 'admin client'].toSorted(),
  )
})
