import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCa } from '../../src/pki/ca.ts'
import { makeLeaf } from '../../src/pki/leaf.ts'
import { sansOf } from '../../src/pki/sans.ts'
import { mustRun } from '../lab/process.ts'
import type { Tls } from './grpc.ts'
import type { Endpoint } from './recorder.ts'

export interface LoopbackCluster {
  endpoints: Endpoint[]
  /** A client of CN=root. */
  tls: Tls | undefined
  /** Run to its end with these endpoints, as CN=root. */
  etcdctl(args: string[]): Promise<string>
  start(name: string): void
  kill(name: string): Promise<void>
  /** As an operator's mistake or a broken disk would: all its data is gone. */
  wipe(name: string): void
  end(): Promise<void>
}

const names = ['node1', 'node2', 'node3']

/** Three members of a real etcd on loopback, for what needs no hosts. */
export async function startLoopbackCluster(
  tarball: string,
  { mutualTls = false }: { mutualTls?: boolean } = {},
): Promise<LoopbackCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'loopback-etcd-'))
  await mustRun('tar', ['-C', folder, '--strip-components=1', '-xzf', tarball])
  const tls = mutualTls ? await certificates(folder) : undefined
  const ports = await freePorts(names.length * 2)
  const urlOf = (port: number | undefined) => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const clients = names.map((_, index) => urlOf(ports[index]))
  const peers = names.map((_, index) => urlOf(ports[names.length + index]))
  const running = new Map<string, ChildProcess>()

  function start(name: string): void {
    const index = names.indexOf(name)
    const all = {
      name,
      'data-dir': join(folder, name),
      'initial-cluster': names.map((other, at) => `${other}=${peers[at]}`).join(','),
      'listen-client-urls': clients[index],
      'advertise-client-urls': clients[index],
      'listen-peer-urls': peers[index],
      'initial-advertise-peer-urls': peers[index],
      ...(tls ? tlsFlags(folder) : {}),
    }
    const args = Object.entries(all).map(([flag, value]) => `--${flag}=${value}`)
    // etcd up to 3.4 does not start on arm64 without it.
    const env = process.arch === 'arm64' ? { ...process.env, ETCD_UNSUPPORTED_ARCH: 'arm64' } : process.env
    running.set(name, spawn(join(folder, 'etcd'), args, { stdio: 'ignore', env }))
  }

  async function kill(name: string): Promise<void> {
    const member = running.get(name)
    running.delete(name)
    if (member === undefined || member.exitCode !== null || member.signalCode !== null) return
    member.kill('SIGKILL')
    await once(member, 'exit')
  }

  for (const name of names) start(name)
  return {
    endpoints: names.map((name, index) => ({ name, url: clients[index] ?? '' })),
    tls,
    etcdctl(args) {
      const identity = tls ? ['ca.crt', 'root.crt', 'root.key'].map((file) => join(folder, 'tls', file)) : []
      const flags = ['cacert', 'cert', 'key'].slice(0, identity.length).map((flag, at) => `--${flag}=${identity[at]}`)
      const env = { ETCDCTL_API: '3' }
      return mustRun(join(folder, 'etcdctl'), [`--endpoints=${clients.join(',')}`, ...flags, ...args], { env })
    },
    start,
    kill,
    wipe: (name) => rmSync(join(folder, name), { recursive: true }),
    async end() {
      await Promise.all(names.map(kill))
      rmSync(folder, { recursive: true })
    },
  }
}

async function certificates(folder: string): Promise<Tls> {
  const notBefore = new Date(Date.now() - 300_000)
  const ca = await makeCa({ cluster: 'loopback', generation: 1, key: 'ecdsa-p256', subject: {}, notBefore, years: 1 })
  const common = { subject: {}, key: 'ecdsa-p256', notBefore, days: 1 } as const
  const [member, root] = await Promise.all([
    makeLeaf(ca, { ...common, kind: 'peer', cn: 'member', ...sansOf(['localhost', '127.0.0.1']) }),
    makeLeaf(ca, { ...common, kind: 'client', cn: 'root', ...sansOf([]) }),
  ])
  mkdirSync(join(folder, 'tls'))
  writeFileSync(join(folder, 'tls/ca.crt'), ca.certificate.pem)
  for (const [name, { certificate, key }] of Object.entries({ member, root })) {
    writeFileSync(join(folder, `tls/${name}.crt`), certificate.pem)
    writeFileSync(join(folder, `tls/${name}.key`), key.reveal(), { mode: 0o600 })
  }
  return { ca: ca.certificate.pem, cert: root.certificate.pem, key: root.key.reveal() }
}

function tlsFlags(folder: string): Record<string, string> {
  const [ca, cert, key] = ['ca.crt', 'member.crt', 'member.key'].map((file) => join(folder, 'tls', file))
  return Object.fromEntries(
    ['', 'peer-'].flatMap((which) => [
      [`${which}trusted-ca-file`, ca],
      [`${which}cert-file`, cert],
      [`${which}key-file`, key],
      [`${which}client-cert-auth`, 'true'],
    ]),
  ) as Record<string, string>
}

/** Below those that the system gives to outgoing connections: one of these could take a port while its member is down. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    server.on('error', () => resolve(false))
  })
}
