import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { bundleOf, readCertificate } from '../../src/pki/certificate.ts'
import { createPki, openPki } from '../../src/pki/open.ts'
import { sansOf } from '../../src/pki/sans.ts'
import { mustRun } from '../lab/process.ts'
import { preparePkiTools } from '../lab/releases/pki-tools.ts'
import { newestRelease } from '../lab/releases/prepare.ts'
import { cfsslCa, easyRsaCa, opensslCa, readPair, type ForeignCa } from './support/foreign-ca.ts'
import { untilHealthy } from './support/until-healthy.ts'

const release = await newestRelease()
const tools = await preparePkiTools()
const folder = mkdtempSync(join(tmpdir(), 'pki-foreign-'))
const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10 } as const
let member: ChildProcess | undefined
await mustRun('tar', ['-C', folder, '--strip-components=1', '-xzf', release.tarball])

afterEach(async () => {
  if (member === undefined) return
  member.kill('SIGKILL')
  await once(member, 'exit')
  member = undefined
})
afterAll(() => rmSync(folder, { recursive: true }))

const makers: [string, (at: string) => Promise<ForeignCa>][] = [
  ['openssl ca', async (at) => opensslCa(at)],
  ...('reason' in tools
    ? []
    : ([
        ['cfssl, RSA', async (at) => cfsslCa(tools, at, { algo: 'rsa', size: 2048 })],
        ['cfssl, ECDSA', async (at) => cfsslCa(tools, at, { algo: 'ecdsa', size: 256 })],
        ['easy-rsa, with a passphrase', async (at) => easyRsaCa(tools, at)],
      ] satisfies [string, (at: string) => Promise<ForeignCa>][])),
]

test('cfssl and easy-rsa are at hand', ({ skip }) => {
  skip('reason' in tools, `cfssl and easy-rsa: ${'reason' in tools ? tools.reason : ''}`)
  expect(makers).toHaveLength(4)
})

describe.each(makers)('a CA of %s', (_, make) => {
  test('is taken in: etcd serves its clients and ours, and none that it revoked', async () => {
    const at = mkdtempSync(join(folder, 'ca-'))
    const foreign = await make(at)
    const [old, gone] = [await foreign.client('old'), await foreign.client('gone')]
    const stale = readPair(gone)
    const crl = await foreign.revoke(gone)
    const inventory = writeInventory(at)
    expect(await main(['certs', 'import-ca', inventory, ...importOptions(foreign), '--crl', crl])).toBe(0)
    expect(await main(['certs', 'issue', 'app', '-i', inventory, '--out', join(at, 'app')])).toBe(0)

    const port = await startEtcd(at)
    const trusted = readFileSync(join(at, 'app/ca.crt'), 'utf8')
    const app = { cert: join(at, 'app/app.crt'), key: join(at, 'app/app.key') }
    await untilHealthy(async () => (await health(port, trusted, readPair(app))).includes('true'))
    expect(await health(port, trusted, readPair(old))).toContain('true')
    await expect(health(port, trusted, stale)).rejects.toThrow(refused)

    // Go, as a client, and openssl.
    const flags = [`--cacert=${join(at, 'app/ca.crt')}`, `--cert=${app.cert}`, `--key=${app.key}`]
    await mustRun(join(folder, 'etcdctl'), [`--endpoints=https://127.0.0.1:${port}`, ...flags, 'endpoint', 'health'])
    await mustRun('openssl', ['verify', '-purpose', 'sslclient', '-CAfile', foreign.cert, app.cert])

    // Ours is revoked at the next connection.
    expect(await main(['certs', 'revoke', 'app', '-i', inventory])).toBe(0)
    const store = await openPki(join(at, 'store'), 'prod')
    writeFileSync(join(at, 'client.crl'), store?.crl() ?? '')
    await expect(health(port, trusted, readPair(app))).rejects.toThrow(refused)
    expect(await health(port, trusted, readPair(old))).toContain('true')
  })

  test('lies aside in a store that has a CA, as the target of a rotation', async () => {
    const at = mkdtempSync(join(folder, 'aside-'))
    const own = await createPki(join(at, 'store'), 'prod', { ...tls, leafDays: 365 }, new Date())
    const foreign = await make(at)
    expect(await main(['certs', 'import-ca', writeInventory(at), ...importOptions(foreign)])).toBe(0)
    const store = await openPki(join(at, 'store'), 'prod')
    expect(store?.trust().client).toEqual(own.trust().client)
    expect(store?.importedTarget).toBe(2)
    expect(store?.ca(2).pem).toBe(readCertificate(readFileSync(foreign.cert)).pem)
  })
})

/** By the handshake or right after it; not by a time-out or an answer of etcd's. */
const refused = /alert|hang up|ECONNRESET|EPIPE/

function importOptions({ cert, key, passphraseFile }: ForeignCa): string[] {
  return ['--cert', cert, '--key', key, ...(passphraseFile ? ['--passphrase-file', passphraseFile] : [])]
}

function writeInventory(at: string): string {
  const path = join(at, 'inventory.mjs')
  const inventory = {
    cluster: 'prod',
    version: release.version,
    nodes: { node1: { address: '127.0.0.1' } },
    tls: { pki: { dir: 'store' } },
  }
  writeFileSync(path, `export default ${JSON.stringify(inventory)}\n`)
  return path
}

/** One member whose certificates the store issues; answers its client port. */
async function startEtcd(at: string): Promise<number> {
  const store = await openPki(join(at, 'store'), 'prod')
  if (store === undefined) throw new Error('there is no store')
  const notBefore = new Date(Date.now() - 300_000)
  const names = sansOf(['localhost', '127.0.0.1'])
  const leaf = { ...names, name: 'node1', cn: 'node1', subject: {}, key: 'ecdsa-p256', notBefore, days: 30 } as const
  const [server] = await store.issue([{ ...leaf, kind: 'server' }])
  writeFileSync(join(at, 'trusted.crt'), bundleOf(store.trust().client))
  writeFileSync(join(at, 'server.crt'), server?.certificate.pem ?? '')
  writeFileSync(join(at, 'server.key'), server?.key.reveal() ?? '', { mode: 0o600 })
  writeFileSync(join(at, 'client.crl'), store.crl())
  mkdirSync(join(at, 'data'), { mode: 0o700 })
  const [port, peerPort] = [await freePort(), await freePort()]
  const flags = {
    name: 'node1',
    'data-dir': join(at, 'data'),
    'listen-client-urls': `https://127.0.0.1:${port}`,
    'advertise-client-urls': `https://127.0.0.1:${port}`,
    'listen-peer-urls': `http://127.0.0.1:${peerPort}`,
    'initial-advertise-peer-urls': `http://127.0.0.1:${peerPort}`,
    'initial-cluster': `node1=http://127.0.0.1:${peerPort}`,
    'cert-file': join(at, 'server.crt'),
    'key-file': join(at, 'server.key'),
    'trusted-ca-file': join(at, 'trusted.crt'),
    'client-cert-auth': 'true',
    'client-crl-file': join(at, 'client.crl'),
  }
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
  member = spawn(join(folder, 'etcd'), args, { stdio: 'ignore' })
  return port
}

/** Over a connection of its own. */
async function health(port: number, ca: string, identity: { cert: string; key: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/health', ca, ...identity, agent: false, timeout: 5000 }
    const call = request(options, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')))
    call.on('error', reject)
    call.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
