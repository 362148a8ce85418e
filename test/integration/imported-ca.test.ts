import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readCertificate } from '../../src/pki/certificate.ts'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import type { Tls } from '../instruments/grpc.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { testSeed } from '../instruments/seeded.ts'
import { labReset, type NodeName } from '../lab/lab.ts'
import { preparePkiTools, type PkiTools } from '../lab/releases/pki-tools.ts'
import { clientsWith, expectAccepted, expectRefused } from './support/admission.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { cfsslCa, easyRsaCa, opensslCa, readPair, type ForeignCa, type ForeignPair } from './support/foreign-ca.ts'
import { hasTurn } from './support/turn.ts'
import { newSite, type Site } from './support/site.ts'
import { handedOut, storeOf } from './support/store.ts'
import { summaryOf, takenDown } from './support/told.ts'

type Maker = [tool: string, make: (at: string) => Promise<ForeignCa>]

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const tools = await preparePkiTools()
const makers: Maker[] = [['openssl ca', opensslCa], ...('reason' in tools ? [] : makersOf(tools))]
const seed = testSeed()
const sampled = makers[seed % makers.length]
const full = process.env['FULL'] === '1'
const chosen = full || sampled === undefined ? makers : [sampled]
/** The first rotation or the second; both with FULL. */
const leavesIt = makers.length === 1 || (seed >>> 8) % 2 === 0
/** Rotated from one tool's CA to another's; both of cfssl's have the same subject, which is refused. */
const rotations = chosen.map((maker): [...Maker, next: Maker] => {
  return [...maker, makers[(makers.indexOf(maker) + 2) % makers.length] ?? maker]
})

test('cfssl and easy-rsa are at hand', ({ skip }) => {
  skip('reason' in tools, `cfssl and easy-rsa: ${'reason' in tools ? tools.reason : ''}`)
  console.log(`imported: ${chosen.map(([tool]) => tool).join(', ')}; again with SEED=${seed}`)
  expect(makers).toHaveLength(4)
})

describe.runIf(hasTurn('imported CA')).each(rotations)(
  'a cluster on a CA of %s, whose key lies encrypted in pki/',
  (tool, make, next) => {
    let site: Site
    let foreign: ForeignCa
    let app: Required<Tls>
    let gone: ForeignPair
    let passphrase: string

    beforeAll(async () => {
      await labReset(hosts)
      site = await newSite({ nodes: hosts })
      passphrase = join(site.folder, 'ca.pass')
      writeFileSync(passphrase, 'battery staple\n', { mode: 0o600 })
      site.edit({ tls: { pki: { dir: 'pki', passphrase: { file: passphrase } } } })
      foreign = await make(folderIn(site, 'foreign'))
      const pair = await foreign.client('app')
      gone = await foreign.client('gone')
      app = { ca: readFileSync(foreign.cert, 'utf8'), ...readPair(pair) }
    })

    afterAll(() => site.remove())

    test("up on it: the tool's clients work, those that it had revoked are refused", async () => {
      const stale = { ca: app.ca, ...readPair(gone) }
      const taken = await certs(site, 'import-ca', ...importOptions(foreign), '--crl', await foreign.revoke(gone))
      expect(taken.code, taken.stderr).toBe(0)
      expect(readFileSync(join(site.pki, 'test', '1', 'ca.key'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
      const run = await site.run('up')
      expect(run.code, run.stdout + run.stderr).toBe(0)
      await expectAccepted(hosts, app)
      await expectRefused(hosts, stale)
      expect((await storeOf(site)).ca().fingerprint).toBe(readCertificate(app.ca).fingerprint)
      await expectNothingToDo(site)
    })

    test('a wrong passphrase: exit 2, that word, and nothing is changed', async () => {
      writeFileSync(passphrase, 'horse staple\n')
      onTestFinished(() => writeFileSync(passphrase, 'battery staple\n'))
      const [before, { revision }] = [await footprints(hosts), await storeOf(site)]
      const runs = [
        await site.run('rotate-certs'),
        await site.run(['rotate-certs', '--ca', '--no-snapshot']),
        await certs(site, 'issue', 'other'),
      ]
      for (const run of runs) {
        expect(run.code, run.stdout + run.stderr).toBe(2)
        expect(run.stdout + run.stderr).toMatch(/passphrase/)
      }
      expect(await footprints(hosts)).toEqual(before)
      expect((await storeOf(site)).revision).toBe(revision)
    })

    test.runIf(full || leavesIt)(
      'rotated away from it to a CA of ours: its clients lose nothing on the way',
      { timeout: 300_000 },
      async () => {
        const recorder = await startRecorder(clientsWith(hosts, app))
        await rotate(site, ['--ca'])
        const bundled = { ...app, ca: handedOut(site, 'ca.crt') }
        recorder.use(clientsWith(hosts, bundled))
        await rotate(site, ['--ca', '--continue'])
        await expectAccepted(hosts, bundled)
        const ours = await issued(site, 'app')
        recorder.use(clientsWith(hosts, ours))
        const last = await rotate(site, ['--ca', '--continue'])
        const report = await recorder.stop()
        expect(takenDown(last).toSorted()).toEqual(hosts)
        console.log(`away from ${tool}`)
        expectUnharmed(report, { longestGapMs: 2000 })
        await expectRefused(hosts, { ...bundled, ca: ours.ca })
        await expectAccepted(hosts, ours)
        expect((await storeOf(site)).ca().subject).toMatch(/^CN=etcd CA test/)
        await expectNothingToDo(site)
      },
    )

    test.runIf((full || !leavesIt) && make !== next[1])(
      'and to another that is imported: clients of ours, then its own, lose nothing',
      { timeout: 300_000 },
      async () => {
        const [otherTool, makeOther] = next
        const other = await makeOther(folderIn(site, 'other'))
        const [theirs, stale] = [await other.client('theirs'), await other.client('stale')]
        const [pair, revoked] = [readPair(theirs), readPair(stale)]
        const taken = await certs(site, 'import-ca', ...importOptions(other), '--crl', await other.revoke(stale))
        expect(taken.code, taken.stderr).toBe(0)
        expect(taken.stderr).toMatch(/rotate-certs --ca --to imported/)

        const before = await issued(site, 'app')
        const recorder = await startRecorder(clientsWith(hosts, before))
        await rotate(site, ['--ca', '--to', 'imported'])
        const ca = handedOut(site, 'ca.crt')
        expect(ca).toContain(readCertificate(readFileSync(other.cert)).pem.trim())
        await expectAccepted(hosts, { ca, ...pair })
        await expectRefused(hosts, { ca, ...revoked })
        recorder.use(clientsWith(hosts, { ...before, ca }))
        await rotate(site, ['--ca', '--to', 'imported', '--continue'])
        recorder.use(clientsWith(hosts, { ca, ...pair }))
        await rotate(site, ['--ca', '--to', 'imported', '--continue'])
        const report = await recorder.stop()
        console.log(`to ${otherTool}`)
        expectUnharmed(report, { longestGapMs: 2000 })
        const alone = { ca: readFileSync(other.cert, 'utf8'), ...pair }
        await expectAccepted(hosts, alone)
        await expectRefused(hosts, { ca: alone.ca, ...revoked })
        await expectRefused(hosts, { ...before, ca: alone.ca })
        expect((await storeOf(site)).ca().fingerprint).toBe(readCertificate(alone.ca).fingerprint)
        await expectNothingToDo(site)
      },
    )
  },
)

/** One step of a rotation: up to a pause, or to its end. */
async function rotate(site: Site, options: string[]): Promise<Run> {
  const run = await site.run(['rotate-certs', ...options, '--no-snapshot'])
  expect(run.code, run.stdout + run.stderr).toBe(0)
  return run
}

async function expectNothingToDo(site: Site): Promise<void> {
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(0)
  expect(summaryOf(run)).toMatchObject({ changed: [], restarted: [] })
  await expectHealthy('node2')
}

/** What `certs issue` gives a client at this moment. */
async function issued(site: Site, name: string): Promise<Required<Tls>> {
  const folder = join(site.folder, 'issued')
  const run = await certs(site, 'issue', name, '--out', folder)
  expect(run.code, run.stderr).toBe(0)
  const [ca, cert, key] = ['ca.crt', `${name}.crt`, `${name}.key`].map((file) =>
    readFileSync(join(folder, file), 'utf8'),
  )
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' }
}

function certs(site: Site, command: string, ...args: string[]): Promise<Run> {
  return runEtcdDeploy(['certs', command, ...args, '-i', site.file], {
    timeoutMs: 30_000,
    env: site.env,
    cwd: site.folder,
  })
}

function importOptions({ cert, key, passphraseFile }: ForeignCa): string[] {
  return ['--cert', cert, '--key', key, ...(passphraseFile ? ['--passphrase-file', passphraseFile] : [])]
}

function folderIn({ folder }: Site, name: string): string {
  const at = join(folder, name)
  mkdirSync(at)
  return at
}

function makersOf(pkiTools: PkiTools): Maker[] {
  return [
    ['cfssl, RSA', async (at) => cfsslCa(pkiTools, at, { algo: 'rsa', size: 2048 })],
    ['cfssl, ECDSA', async (at) => cfsslCa(pkiTools, at, { algo: 'ecdsa', size: 256 })],
    ['easy-rsa, with a passphrase', async (at) => easyRsaCa(pkiTools, at)],
  ]
}
