import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { HostReading } from '../../../src/engine/playbook.ts'
import { runBlocks } from '../../../src/host/run.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { hostLook } from '../../../src/steps/look.ts'
import { readHost } from '../../../src/steps/read-host.ts'
import type { ReachedHost } from '../../../src/steps/seen.ts'
import { interpreters, localShell, runOptions } from '../host/local-shell.ts'
import { cluster } from '../status/samples.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-host-'))
  mkdirSync(join(folder, 'data', 'member', 'snap'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Its paths are on this machine. */
function local(): Cluster {
  const paths = { bin: join(folder, 'bin'), config: join(folder, 'config'), data: join(folder, 'data') }
  return { ...cluster({ service: { name: 'etcd-that-is-not-here' } }), paths }
}

function reading(stdout: string): HostReading {
  return { kind: 'read', startedAtMs: 1, endedAtMs: 2, outputs: { host: { code: 0, stdout, firstLineAtMs: 2 } } }
}

async function look(interpreter: string, of: Cluster, before?: ReachedHost): Promise<ReachedHost> {
  const [node] = of.nodes
  if (node === undefined) throw new Error('no node')
  const { blocks } = await runBlocks(localShell({ interpreter }), [hostLook(of, node, before).script], runOptions())
  expect(blocks[0]?.code).toBe(0)
  // Whoever runs the tests: on a host it is root.
  const asRoot = (blocks[0]?.stdout ?? '').replace(/^#@ login\n\d+$/m, '#@ login\n0')
  const seen = readHost(of, reading(asRoot))
  if (seen.kind !== 'reached') throw seen.error
  return seen
}

describe.skipIf(process.platform !== 'linux').each(interpreters)('a host read by %s', (interpreter) => {
  test('as it is', async () => {
    const of = local()
    mkdirSync(of.paths.config)
    writeFileSync(join(of.paths.config, 'own.conf'), 'x')
    const seen = await look(interpreter, of)
    expect(seen).toMatchObject({ kernel: 'Linux', dataEntries: ['member'], configEntries: ['own.conf'] })
    expect(seen.files.get(of.paths.data)?.type).toBe('directory')
    expect(Math.abs(seen.clock.hostMs - Date.now())).toBeLessThan(20_000)
    for (const { address } of seen.addresses) expect(address).toMatch(/^[0-9a-f.:]+$/)
  })

  test('a second time what does not change is not asked again', async () => {
    const of = local()
    const first = await look(interpreter, of)
    const told = { ...first, systemd: 219, hostNames: ['told-before', 'told-before.example.com'] }
    const { systemd, hostNames, kernel, addresses } = await look(interpreter, of, told)
    expect({ systemd, hostNames }).toEqual({ systemd: 219, hostNames: told.hostNames })
    expect({ kernel, addresses }).toEqual({ kernel: 'Linux', addresses: first.addresses })
  })

  test('a file called like a section is a file', async () => {
    writeFileSync(join(folder, 'data', '#@ unit'), '')
    expect((await look(interpreter, local())).dataEntries).toEqual(['#@ unit', 'member'])
  })

  test("somebody's etcd: where it listens, and whose data it has open", async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const socket = (server as unknown as { _handle: { fd: number } })._handle.fd
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    symlinkSync('/bin/sh', join(folder, 'etcd'))
    writeFileSync(join(folder, 'data', 'member', 'snap', 'db'), '')
    const db = openSync(join(folder, 'data', 'member', 'snap', 'db'), 'r')
    const child = spawn(join(folder, 'etcd'), ['-c', 'read x'], { stdio: ['pipe', 'ignore', 'ignore', socket, db] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await new Promise((resolve) => child.once('spawn', resolve))
    const { others } = await look(interpreter, local())
    expect(others.find(({ pid }) => pid === String(child.pid))).toMatchObject({
      listening: [{ address: '127.0.0.1', port }],
      folders: [join(folder, 'data', 'member')],
    })
  })
})

test('a login that is not root cannot read a host', () => {
  const seen = readHost(local(), reading('#@ clock\n1\n#@ login\n1000\n'))
  expect(seen).toMatchObject({
    kind: 'unreachable',
    error: { message: expect.stringMatching(/not root/), answered: '1000' },
  })
})

test('a part that comes twice is believed neither time', () => {
  const plain = '#@ system\nLinux\nx86_64\n252\n#@ unit\nActiveState=inactive\n'
  expect(readHost(cluster(), reading(plain))).toMatchObject({ kind: 'reached', unit: { active: 'inactive' } })
  expect(readHost(cluster(), reading(`${plain}#@ fstab\n#@ unit\nActiveState=active\n`))).toMatchObject({
    kind: 'unreachable',
    error: { message: expect.stringMatching(/its part "unit" came twice/) },
  })
})

test('each other etcd with its own sockets and folders', () => {
  const stdout = [
    '#@ others\n.77 my-etcd.service\nsocket 12345\nsocket 99\nfolder /srv/etcd/member',
    '.78 \nfolder /var/lib/etcd/member\n#@ listening',
    '   0: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0\n',
  ].join('\n')
  expect(readHost(cluster(), reading(stdout))).toMatchObject({
    others: [
      {
        pid: '77',
        unit: 'my-etcd.service',
        listening: [{ address: '127.0.0.1', port: 2379 }],
        folders: ['/srv/etcd/member'],
      },
      { pid: '78', unit: '', listening: [], folders: ['/var/lib/etcd/member'] },
    ],
  })
})
