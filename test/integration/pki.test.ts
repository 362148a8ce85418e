import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeCa } from '../../src/pki/ca.ts'
import type { KeyPair } from '../../src/pki/ca.ts'
import { bundleOf } from '../../src/pki/certificate.ts'
import { makeCrl } from '../../src/pki/crl.ts'
import { makeLeaf } from '../../src/pki/leaf.ts'
import type { LeafRequest } from '../../src/pki/leaf.ts'
import { sansOf } from '../../src/pki/sans.ts'
import { mustRun } from '../lab/process.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { minorOf } from '../lab/releases/versions.ts'
import { untilHealthy } from './support/until-healthy.ts'

const { ready } = await prepareReleases()
const names = ['node1', 'node2', 'node3']
const notBefore = new Date(Date.now() - 300_000)
const folder = mkdtempSync(join(tmpdir(), 'pki-etcd-'))
const members: ChildProcess[] = []
/** By the handshake or right after it; not by a time-out or an answer of etcd's. */
const refused = /alert|hang up|ECONNRESET|EPIPE/

afterAll(() => {
  stop()
  rmSync(folder, { recursive: true })
})

describe.each(ready)(
  'etcd $version on loopback, mutual TLS, empty revocation lists from the first boot',
  ({ version, tarball }) => {
    test('serves who has a certificate of the CA, until it is revoked', async () => {
      const ca = await makeCa({ cluster: 'prod', generation: 1, key: 'ecdsa-p256', subject: {}, notBefore, years: 10 })
      const other = await makeCa({
        cluster: 'prod',
        generation: 2,
        key: 'ecdsa-p256',
        subject: {},
        notBefore,
        years: 10,
      })
      const [root, admin, stranger] = await Promise.all([
        leaf(ca, 'client', 'root'),
        leaf(ca, 'client', 'admin'),
        leaf(other, 'client', 'root'),
      ])
      const [at, ports] = await start(version, tarball, ca)
      const port = ports[0] ?? 0
      const trust = bundleOf([ca.certificate])

      await untilHealthy(async () => (await get(port, trust, '/health', root)).includes('true'))
      // The gateway dials its own server with the server's certificate, which must be good for a client too.
      const gateway = minorOf(version) === 3 ? '/v3beta/kv/range' : '/v3/kv/range'
      expect(await get(port, trust, gateway, root, '{"key":"YQ=="}')).toContain('cluster_id')
      await expect(get(port, trust, '/health')).rejects.toThrow(refused)
      await expect(get(port, trust, '/health', stranger)).rejects.toThrow(refused)

      const revoked = [
        { serial: 'FF00AA', revokedAt: new Date(), reason: 'superseded' as const },
        { serial: root.certificate.serial, revokedAt: new Date(), reason: 'keyCompromise' as const },
      ]
      await putCrl(join(at, 'client.crl'), ca, revoked)
      await expect(get(port, trust, '/health', root)).rejects.toThrow(refused)
      expect(await get(port, trust, '/health', admin)).toContain('true')
      await putCrl(join(at, 'client.crl'), ca, [])
      expect(await get(port, trust, '/health', root)).toContain('true')
      stop()
    })
  },
)

async function leaf(ca: KeyPair, kind: LeafRequest['kind'], cn: string): Promise<KeyPair> {
  const sans = sansOf(kind === 'client' ? [] : [cn, 'localhost', '127.0.0.1', '::1'])
  return makeLeaf(ca, { kind, cn, subject: {}, ...sans, key: 'ecdsa-p256', notBefore, days: 365 })
}

/** Three members, so that health proves the peers' certificates; answers the folder of node1 and the client ports. */
async function start(version: string, tarball: string, ca: KeyPair): Promise<[string, number[]]> {
  const root = join(folder, version)
  mkdirSync(root)
  await mustRun('tar', ['-C', root, '--strip-components=1', '-xzf', tarball])
  const ports = await freePorts(names.length * 2)
  const peers = names.map((_, index) => `https://127.0.0.1:${ports[names.length + index]}`)
  const cluster = names.map((name, index) => `${name}=${peers[index]}`).join(',')
  const folders = await Promise.all(names.map((name) => writeCertificates(join(root, name), name, ca)))
  for (const [index, name] of names.entries()) {
    const at = folders[index] ?? ''
    const client = `https://127.0.0.1:${ports[index]}`
    const peer = peers[index] ?? ''
    const flags = {
      name,
      'data-dir': join(at, 'data'),
      'initial-cluster': cluster,
      'initial-cluster-token': version,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'cert-file': join(at, 'server.crt'),
      'key-file': join(at, 'server.key'),
      'trusted-ca-file': join(at, 'ca.crt'),
      'client-cert-auth': 'true',
      'client-crl-file': join(at, 'client.crl'),
      'peer-cert-file': join(at, 'peer.crt'),
      'peer-key-file': join(at, 'peer.key'),
      'peer-trusted-ca-file': join(at, 'ca.crt'),
      'peer-client-cert-auth': 'true',
      'peer-crl-file': join(at, 'peer.crl'),
    }
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
    // etcd up to 3.4 does not start on arm64 without it.
    const env = process.arch === 'arm64' ? { ...process.env, ETCD_UNSUPPORTED_ARCH: 'arm64' } : process.env
    members.push(spawn(join(root, 'etcd'), args, { stdio: 'ignore', env }))
  }
  return [folders[0] ?? '', ports]
}

async function writeCertificates(at: string, name: string, ca: KeyPair): Promise<string> {
  mkdirSync(at)
  writeFileSync(join(at, 'ca.crt'), ca.certificate.pem)
  for (const kind of ['server', 'peer'] as const) {
    const { certificate, key } = await leaf(ca, kind, name)
    writeFileSync(join(at, `${kind}.crt`), certificate.pem)
    writeFileSync(join(at, `${kind}.key`), key.reveal(), { mode: 0o600 })
  }
  await putCrl(join(at, 'client.crl'), ca, [])
  await putCrl(join(at, 'peer.crl'), ca, [])
  return at
}

async function putCrl(path: string, ca: KeyPair, revoked: Parameters<typeof makeCrl>[1]['revoked']): Promise<void> {
  const nextUpdate = new Date(notBefore.getTime() + 365 * 86_400_000)
  writeFileSync(
    `${path}.new`,
    await makeCrl(ca, { revoked, thisUpdate: notBefore, nextUpdate, number: revoked.length + 1 }),
  )
  renameSync(`${path}.new`, path)
}

/** The body, over a connection of its own: a revocation counts from the next one. */
async function get(port: number, ca: string, path: string, client?: KeyPair, body?: string): Promise<string> {
  const identity = client ? { cert: client.certificate.pem, key: client.key.reveal() } : {}
  const options = { host: '127.0.0.1', port, path, ca, ...identity, agent: false, timeout: 5000 }
  return new Promise((resolve, reject) => {
    const call = request({ ...options, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
      )
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')))
    call.on('error', reject)
    call.end(body)
  })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function stop(): void {
  for (const member of members.splice(0)) member.kill('SIGKILL')
}
