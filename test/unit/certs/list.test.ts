import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { certificateEntries } from '../../../src/certs/entries.ts'
import type { SeenCertificate } from '../../../src/certs/certificate-entry.ts'
import { dueEntries } from '../../../src/certs/list-json.ts'
import type { Certificate } from '../../../src/pki/certificate.ts'
import type { LeafKind } from '../../../src/pki/leaf.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { leafRequest, notBefore, sampleCa } from '../pki/samples.ts'
import { madePki, site } from './run.ts'
import type { Site } from './run.ts'

let at: Site
let store: PkiStore
beforeEach(async () => {
  at = site()
  store = await madePki(at)
})

const issue = async (name: string, kind: LeafKind, days = 365): Promise<Certificate> => {
  const [leaf] = await store.issue([{ ...leafRequest({ kind, cn: name, days }), name }])
  if (!leaf) throw new Error('nothing was issued')
  return leaf.certificate
}
const newCa = { from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 } as const
const shown = (seen: SeenCertificate[] = []) =>
  certificateEntries(store, seen).map(({ use, name, state, generation, mismatches }) => [
    `${use} ${name}`.trim(),
    state,
    generation,
    ...mismatches,
  ])

describe('what pki/ holds', () => {
  test('CAs first, then members, then clients; of each name and kind the newest', async () => {
    await issue('backup', 'client')
    await issue('node1', 'peer')
    await issue('node1', 'server')
    const { serial } = await issue('node1', 'server')
    expect(shown()).toEqual([
      ['CA 1', 'issuing', 1],
      ['server node1', 'current', 1],
      ['peer node1', 'current', 1],
      ['client backup', 'current', 1],
    ])
    expect(certificateEntries(store)[1]?.inPki?.serial).toBe(serial)
  })

  test('in a CA rotation: what the CA issued that issues now, else what the other did', async () => {
    await issue('node1', 'server')
    await issue('app', 'client')
    await store.beginCa(newCa)
    await store.issueFrom(2)
    await issue('node1', 'server')
    await store.importCa(await sampleCa(1, { cluster: 'elsewhere' }))
    expect(shown()).toEqual([
      ['CA 1', 'trusted', 1],
      ['CA 2', 'issuing', 2],
      ['CA 3', 'imported', 3],
      ['server node1', 'current', 2],
      ['client app', 'current', 1],
    ])
    await store.trustOnly([2])
    expect(shown()).toEqual([
      ['CA 1', 'former', 1],
      ['CA 2', 'issuing', 2],
      ['CA 3', 'imported', 3],
      ['server node1', 'current', 2],
    ])
  })

  test('those that were replaced, where they are asked for', async () => {
    const old = await issue('app', 'client')
    await issue('app', 'client')
    const all = await Promise.all(store.issued.map((leaf) => store.load(leaf)))
    const entries = certificateEntries(store, [], all)
    expect(entries.map(({ state }) => state)).toEqual(['issuing', 'current', 'former'])
    expect(entries[2]?.inPki?.serial).toBe(old.serial)
  })
})

describe('pki/, disk and wire side by side', () => {
  const seen = (where: 'disk' | 'served', use: SeenCertificate['use'], certificate: Certificate, host = 'node1') => ({
    host,
    where,
    use,
    name: use === 'CA' ? 'peer-ca.crt' : host,
    certificate,
  })

  test('all the same: nothing to say', async () => {
    const server = await issue('node1', 'server')
    const hosts = ['node1', 'node2'].map((host) => seen('disk', 'CA', store.ca(), host))
    expect(shown([...hosts, seen('disk', 'server', server), seen('served', 'server', server)])).toEqual([
      ['CA 1', 'issuing', 1],
      ['server node1', 'current', 1],
    ])
  })

  test('a host that was not reached yet: what is served comes from its disk, and is told of once', async () => {
    const old = await issue('node1', 'server')
    await issue('node1', 'server')
    expect(shown([seen('disk', 'server', old), seen('served', 'server', old)])[1]).toEqual([
      'server node1',
      'current',
      1,
      `node1 has on its disk the former serial ${old.serial}`,
    ])
  })

  test('a member that serves another than it has', async () => {
    const old = await issue('node1', 'server')
    const server = await issue('node1', 'server')
    expect(shown([seen('disk', 'server', server), seen('served', 'server', old)])[1]?.slice(3)).toEqual([
      `node1 serves the former serial ${old.serial}`,
    ])
    expect(shown([seen('disk', 'server', old), seen('served', 'server', server)])[1]?.slice(3)).toEqual([
      `node1 has on its disk the former serial ${old.serial}`,
      `node1 serves it, but its disk has ${old.serial}`,
    ])
  })

  test('what pki/ does not know', async () => {
    const { certificate } = await sampleCa(1, { cluster: 'elsewhere' })
    const entries = shown([seen('disk', 'CA', certificate), seen('served', 'peer', certificate)])
    expect(entries).toEqual([
      ['CA 1', 'issuing', 1, 'node1 does not trust it (peer-ca.crt)'],
      ['CA', 'unknown', undefined, 'node1 trusts it (peer-ca.crt), pki/ does not know it'],
      ['peer node1', 'unknown', undefined, `node1 has serial ${certificate.serial}, pki/ has none`],
    ])
  })

  test('trust that is behind the target', async () => {
    await store.beginCa(newCa)
    const both = [store.ca(1), store.ca(2)]
    const hosts = [...both.map((ca) => seen('disk', 'CA', ca)), seen('disk', 'CA', store.ca(1), 'node2')]
    expect(shown(hosts)).toEqual([
      ['CA 1', 'issuing', 1],
      ['CA 2', 'trusted', 2, 'node2 does not trust it (peer-ca.crt)'],
    ])
    await store.issueFrom(2)
    await store.trustOnly([2])
    expect(shown(hosts)[0]).toEqual([
      'CA 1',
      'former',
      1,
      'node1 trusts it (peer-ca.crt), pki/ does not',
      'node2 trusts it (peer-ca.crt), pki/ does not',
    ])
  })

  test('due is what is in use anywhere, and not what was revoked or replaced', async () => {
    const old = await issue('node1', 'server', 5)
    await issue('node1', 'server', 100)
    const { serial } = await issue('gone', 'client', 5)
    await issue('app', 'client', 20)
    const revokedAt = notBefore.toISOString()
    await store.revoke([{ serial, revokedAt, reason: 'unspecified' }], { thisUpdate: notBefore, nextUpdate: notBefore })
    const due = (seenOn: SeenCertificate[], days: number) =>
      dueEntries(certificateEntries(store, seenOn), days, new Date()).map(({ use, name }) => `${use} ${name}`)
    expect(due([], 10)).toEqual([])
    expect(due([], 30)).toEqual(['client app'])
    expect(due([seen('served', 'server', old)], 10)).toEqual(['server node1'])
    expect(due([], 36_500)).toEqual(['CA 1', 'server node1', 'client app'])
  })
})

describe('certs list', () => {
  test('a table; exit 4 and no less when something is due', async () => {
    await issue('app', 'client', 20)
    const told = await at.certs('list', '--local')
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(told.stdout).toMatch(/^app client +current +1 +O=Example, CN=app +ecdsa-p256 .* 19 /m)
    expect((await at.certs('list', '--local', '--max-days', '19')).code).toBe(0)
    expect((await at.certs('list', '--local', '--max-days', '20')).code).toBe(4)
    expect((await at.certs('list', '--local', '--max-days', 'soon')).code).toBe(2)
  })

  test('in a pipe each certificate is one line, and the names of one widen no other', async () => {
    await issue('app', 'client', 20)
    const lines = (await at.certs('list', '--local')).stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    const [ca = '', app = ''] = lines.slice(1)
    expect(app).toMatch(/ node1 localhost 127\.0\.0\.1 ::1$/)
    expect(ca.length).toBeLessThan(app.length)
  })

  test('--json: one object with every fact', async () => {
    const certificate = await issue('app', 'client', 20)
    const { code, stdout } = await at.certs('list', '--local', '--json', '--max-days', '30')
    expect(code).toBe(4)
    const listed = JSON.parse(stdout) as { certificates: Record<string, unknown>[] }
    expect(listed).toMatchObject({ v: 1, type: 'certificates', cluster: 'prod', ca: { issues: 1, trusted: [1] } })
    expect(listed.certificates[1]).toEqual({
      use: 'client',
      name: 'app',
      state: 'current',
      generation: 1,
      pki: {
        subject: 'O=Example, CN=app',
        issuer: 'CN=etcd CA prod 1',
        sans: ['node1', 'localhost', '127.0.0.1', '::1'],
        serial: certificate.serial,
        fingerprint: certificate.fingerprint,
        key: 'ecdsa-p256',
        notBefore: notBefore.toISOString(),
        notAfter: certificate.notAfter.toISOString(),
        daysLeft: 19,
      },
      seen: [],
      mismatches: [],
      due: true,
    })
  })

  test('--json: a failure is one object too', async () => {
    const { code, stdout, stderr } = await at.certs('list', '--local', '--json', '--max-days', 'soon')
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, type: 'error', error: { exitCode: 2 } })
  })

  test('the inventory as an argument too', async () => {
    const { main } = await import('../../../src/cli/main.ts')
    expect(await main(['certs', 'list', join(at.folder, 'none.mjs')])).toBe(2)
  })
})
