import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { DeployError, exitCode } from '../../../src/errors.ts'
import { matchesKey, signedBy } from '../../../src/pki/certificate.ts'
import { createPki, openPki } from '../../../src/pki/open.ts'
import type { Node } from '../../../src/inventory/model.ts'
import { cluster } from '../status/samples.ts'
import { openssl, temporaryFolder } from './openssl.ts'
import { leafRequest, notBefore } from './samples.ts'

const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays: 365 } as const
const formed = { clusterId: 'cdf818194e3a8c32', token: 'a-random-token', formedAt: notBefore }

let dir: string
beforeEach(() => {
  dir = join(temporaryFolder(), 'pki')
})

const create = () => createPki(dir, 'prod', tls, notBefore)
const reopen = async () => {
  const store = await openPki(dir, 'prod')
  if (!store) throw new Error('there is no store')
  return store
}

describe('a new store', () => {
  test('there is none until it is made', async () => {
    expect(await openPki(dir, 'prod')).toBeUndefined()
    await create()
    expect(await openPki(dir, 'other')).toBeUndefined()
    expect((await reopen()).ca().subject).toBe('CN=etcd CA prod 1')
  })

  test('is for its owner alone and never committed', async () => {
    await create().then((store) => store.issue([{ ...leafRequest(), name: 'node1' }]))
    for (const path of ['', ...readdirSync(dir, { recursive: true, encoding: 'utf8' })]) {
      const seen = statSync(join(dir, path))
      expect([path, seen.mode & 0o777]).toEqual([path, seen.isDirectory() ? 0o700 : 0o600])
    }
    const repository = join(dir, '..')
    execFileSync('git', ['init', '-q'], { cwd: repository })
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: repository, encoding: 'utf8' })).toBe('')
  })

  test('a second CA is never made over it', async () => {
    const first = await create()
    await expect(create()).rejects.toMatchObject({ exitCode: exitCode.refused })
    expect((await reopen()).ca()).toEqual(first.ca())
  })

  test('of two that are made at once one wins, and is whole', async () => {
    const made = await Promise.allSettled([create(), create()])
    expect(made.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await (await reopen()).issue([{ ...leafRequest(), name: 'node1' }])
  })

  test('holds an empty revocation list of its CA, the same bytes at each opening', async () => {
    const store = await create()
    const again = await reopen()
    expect(again.crl()).toEqual(store.crl())
    const ca = join(dir, 'prod/1/ca.crt')
    const text = openssl('crl', '-inform', 'der', '-in', join(dir, 'prod/1/crl.der'), '-noout', '-text', '-CAfile', ca)
    expect(text).toContain('No Revoked Certificates')
  })
})

describe('leaves', () => {
  test('are kept with their keys', async () => {
    const store = await create()
    const issued = await store.issue([
      { ...leafRequest(), name: 'node1' },
      { ...leafRequest({ kind: 'peer' }), name: 'node1' },
      { ...leafRequest({ kind: 'client', cn: 'root' }), name: 'system:admin/../x' },
    ])
    const again = await reopen()
    for (const { name, kind, certificate, key } of issued) {
      const leaf = again.leaf(name, kind)
      expect(leaf?.certificate).toEqual(certificate)
      expect(leaf?.key.reveal()).toBe(key.reveal())
      expect(matchesKey(certificate, key) && signedBy(certificate, store.ca())).toBe(true)
    }
    expect(again.leaf('node1', 'client')).toBeUndefined()
  })

  test('are issued anew beside the old ones, which stay as they were', async () => {
    const store = await create()
    const [first] = await store.issue([{ ...leafRequest(), name: 'node1' }])
    const file = join(dir, 'prod/2/server/node1.crt')
    expect(readFileSync(file, 'utf8')).toBe(first?.certificate.pem)
    const [second] = await store.issue([{ ...leafRequest(), name: 'node1' }])
    expect(readFileSync(file, 'utf8')).toBe(first?.certificate.pem)
    const again = await reopen()
    expect(again.leaf('node1', 'server')?.serial).toBe(second?.serial)
    expect([first, second].map((leaf) => again.knows(leaf?.serial ?? ''))).toEqual([true, true])
    expect(again.knows('4242')).toBe(false)
  })

  test('a change that fails leaves nothing behind', async () => {
    const store = await create()
    const tooLate = new Date('2099-01-01T00:00:00Z')
    const requests = [leafRequest(), leafRequest({ kind: 'peer', notBefore: tooLate })].map((leaf) => ({
      ...leaf,
      name: 'node1',
    }))
    await expect(store.issue(requests)).rejects.toThrow(/expired/)
    expect(readdirSync(join(dir, 'prod'))).toEqual(['1'])
    expect((await reopen()).leaf('node1', 'server')).toBeUndefined()
  })

  test('two changes of one process follow one another', async () => {
    const store = await create()
    const issue = (name: string) => store.issue([{ ...leafRequest(), name }])
    await Promise.all([issue('node1'), issue('node2'), store.rememberFormed(formed)])
    const again = await reopen()
    expect(again.revision).toBe(4)
    expect([again.leaf('node1', 'server'), again.leaf('node2', 'server'), again.formed]).not.toContain(undefined)
  })

  test('of two processes the later is told, and nothing is lost', async () => {
    await create()
    const [mine, theirs] = [await reopen(), await reopen()]
    await mine.issue([{ ...leafRequest(), name: 'node1' }])
    await expect(theirs.rememberFormed(formed)).rejects.toThrow(/another run has changed/)
    const again = await reopen()
    expect(again.formed).toBeUndefined()
    expect(again.leaf('node1', 'server')).toBeDefined()
  })
})

describe('a formed cluster', () => {
  test('is remembered until it is closed, and a new one may be formed', async () => {
    const store = await create()
    await store.rememberFormed(formed)
    expect((await reopen()).formed).toEqual({ ...formed, formedAt: notBefore.toISOString() })
    await store.close(notBefore)
    const closed = await reopen()
    expect(closed.formed).toBeUndefined()
    expect(closed.ca()).toEqual(store.ca())
    await closed.rememberFormed({ ...formed, clusterId: '1', token: 'another' })
    const state = JSON.parse(readFileSync(join(dir, 'prod', String(closed.revision), 'cluster.json'), 'utf8'))
    expect(state.closed).toEqual([{ ...formed, formedAt: notBefore.toISOString(), closedAt: notBefore.toISOString() }])
  })

  test('what is known already is not written again', async () => {
    const store = await create()
    await store.close(notBefore)
    expect(store.revision).toBe(1)
    await store.rememberFormed(formed)
    await store.rememberFormed({ ...formed, formedAt: new Date() })
    expect(store.revision).toBe(2)
  })

  test('another one in its place is refused', async () => {
    const store = await create()
    await store.rememberFormed(formed)
    await expect(store.rememberFormed({ ...formed, clusterId: '1' })).rejects.toMatchObject({
      exitCode: exitCode.refused,
    })
    expect((await reopen()).formed?.clusterId).toBe(formed.clusterId)
  })
})

describe('a folder that is not safe is refused', () => {
  const refusal = async () => {
    const error: unknown = await openPki(dir, 'prod').then(
      () => undefined,
      (problem: unknown) => problem,
    )
    expect(error).toBeInstanceOf(DeployError)
    const { message, next, exitCode: code } = error as DeployError
    expect(code).toBe(exitCode.refused)
    return { message, next }
  }

  test.each([
    ['the folder', ''],
    ['a key', 'prod/1/ca.key'],
  ])('%s open to others', async (_, path) => {
    await create()
    chmodSync(join(dir, path), path ? 0o640 : 0o755)
    const { message, next } = await refusal()
    expect(message).toContain(`${join(dir, path)} is open to other users (mode ${path ? '0640' : '0755'})`)
    expect(next).toEqual([`chmod -R go-rwx ${dir}`])
    execFileSync('sh', ['-c', next[0] ?? ''])
    expect(await openPki(dir, 'prod')).toBeDefined()
  })

  test('a symbolic link, for making one too', async () => {
    await create()
    renameSync(dir, `${dir}-real`)
    symlinkSync(`${dir}-real`, dir)
    expect((await refusal()).message).toContain(`${dir} is a symbolic link`)
    await expect(createPki(dir, 'other', tls, notBefore)).rejects.toThrow(/symbolic link/)
    expect(readdirSync(`${dir}-real`)).not.toContain('other')
  })

  test('a link below it', async () => {
    await create()
    renameSync(join(dir, 'prod/1/ca.key'), join(dir, '../ca.key'))
    symlinkSync(join(dir, '../ca.key'), join(dir, 'prod/1/ca.key'))
    expect((await refusal()).message).toContain('prod/1/ca.key is a symbolic link')
  })

  test('a file', async () => {
    writeFileSync(dir, '')
    expect((await refusal()).message).toContain('is not a folder')
  })

  test.runIf(process.getuid?.() === 0)('somebody else’s', async () => {
    await create()
    execFileSync('chown', ['-R', '12345', dir])
    const { message, next } = await refusal()
    expect(message).toContain('belongs to user id 12345, and this runs as 0')
    expect(next).toEqual([`sudo chown -R 0 ${dir}`])
  })
})

test('a member that left is remembered, once, until its host is cleared', async () => {
  const [node1, node2] = cluster().nodes as [Node, Node]
  const store = await create()
  const left = { node: node1, memberId: 'a1', since: '2026-11-20T10:00:00.000Z' }
  await store.rememberLeft(left)
  await store.rememberLeft({ ...left, since: '2026-11-21T10:00:00.000Z' })
  await store.rememberLeft({ ...left, node: node2, memberId: 'b2' })
  expect((await reopen()).left).toEqual([left, { ...left, node: node2, memberId: 'b2' }])
  await store.forgetLeft('node1')
  await store.forgetLeft('node1')
  expect((await reopen()).left.map(({ node }) => node.name)).toEqual(['node2'])
  // Added and removed again: another member.
  await store.rememberLeft({ ...left, node: node2, memberId: 'e5' })
  expect((await reopen()).left.map(({ memberId }) => memberId)).toEqual(['e5'])
  const { revision } = store
  await store.forgetLeft('node3')
  expect(store.revision).toBe(revision)
})

describe('a folder that is not whole', () => {
  test.each(['ca.crt', 'crl.der', 'cluster.json'])('%s is missing: refused, not made anew', async (file) => {
    await create()
    renameSync(join(dir, 'prod/1', file), join(dir, '../lost'))
    const error: unknown = await reopen().catch((problem: unknown) => problem)
    expect(error).toMatchObject({ exitCode: exitCode.refused })
    expect((error as DeployError).answered).toContain(join('prod/1', file))
  })

  test('a store without its CA key opens, and issues nothing', async () => {
    await create()
    renameSync(join(dir, 'prod/1/ca.key'), join(dir, '../lost'))
    const store = await reopen()
    await expect(store.issue([{ ...leafRequest(), name: 'node1' }])).rejects.toMatchObject({
      exitCode: exitCode.refused,
    })
  })

  test.each([
    ['{', /cannot be read/],
    ['{"version":3,"cluster":"prod"}', /newer etcd-deploy/],
    ['{"version":1,"cluster":"stage"}', /is of the cluster "stage", not of "prod"/],
  ])('a state of %s', async (text, message) => {
    await create()
    writeFileSync(join(dir, 'prod/1/cluster.json'), text)
    await expect(reopen()).rejects.toThrow(message)
  })
})

test('a state of the first version opens, with the one CA that it had', async () => {
  await create()
  const path = join(dir, 'prod/1/cluster.json')
  const state = { ...JSON.parse(readFileSync(path, 'utf8')), version: 1, ca: { current: 1 } }
  writeFileSync(path, JSON.stringify(state))
  const store = await reopen()
  expect([store.generation, store.trusted]).toEqual([1, [1]])
  await store.issue([{ ...leafRequest(), name: 'node1' }])
  expect((await reopen()).leaf('node1', 'server')).toBeDefined()
})

test('what a killed run left is removed later, not while it may be at work', async () => {
  const store = await create()
  const [old, young] = [join(dir, 'prod/.new-old'), join(dir, 'prod/.new-young')]
  for (const path of [old, young]) mkdirSync(path, { mode: 0o700 })
  utimesSync(old, notBefore, new Date(Date.now() - 7_200_000))
  expect(await openPki(dir, 'prod')).toBeDefined()
  await store.rememberFormed(formed)
  expect(readdirSync(join(dir, 'prod')).toSorted()).toEqual(['.new-young', '1', '2'])
})

test('nothing of a store shows a key when it is printed', async () => {
  const store = await create()
  const [leaf] = await store.issue([{ ...leafRequest(), name: 'node1' }])
  const { inspect } = await import('node:util')
  const printed = inspect(leaf, { depth: 9 }) + JSON.stringify(leaf)
  expect(printed).toContain('[redacted]')
  expect(printed).not.toContain('PRIVATE KEY')
})
