import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Host, RunOptions, RunResult } from '../../../src/host/host.ts'
import { download } from '../../../src/steps/snapshot-download.ts'
import { refuseExisting } from '../../../src/steps/snapshot-file.ts'
import { healthiest } from '../../../src/steps/snapshot-member.ts'
import { parseHeader } from '../../../src/steps/snapshot-script.ts'
import { cluster, endpoint, etcd, host, reading, stopped } from '../status/samples.ts'

const three = cluster()
let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
  file = join(folder, 'backup.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const data = randomBytes(8192)
const whole = Buffer.concat([data, createHash('sha256').update(data).digest()])

/** A host that prints these chunks, then ends so. */
function printing(chunks: readonly Uint8Array[], ending: { code: number } | Error): Host & { ran: string[] } {
  const ran: string[] = []
  return {
    ran,
    name: 'node2',
    target: 'root@node2:22',
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    run(_blocks, options: RunOptions): Promise<RunResult> {
      ran.push(options.what)
      if (options.stdoutTo !== undefined) {
        for (const chunk of chunks) options.stdoutTo(chunk)
        if (ending instanceof Error) return Promise.reject(ending)
      }
      const code = ending instanceof Error ? 0 : ending.code
      return Promise.resolve({ blocks: [{ code, stdout: '' }], stderr: 'etcd said no', durationMs: 1 })
    },
    lock: () => Promise.reject(new Error('not here')),
    stream: () => Promise.reject(new Error('no streaming')),
    dial: () => Promise.reject(new Error('not here')),
    close: () => {},
  }
}

function downloaded(from: Host, into = file) {
  const [node] = three.nodes
  if (node === undefined) throw new Error('no node')
  const signal = new AbortController().signal
  return download({ cluster: three, node, host: from, sizeBytes: 8192, file: into, signal, onProgress: () => {} })
}

const header = Buffer.from(`snapshot ${whole.length} {"hash":1,"revision":42,"totalKey":7,"totalSize":8192}\n`)

describe('what arrives', () => {
  test('whole: there under its name, 0600, with what the host told of it', async () => {
    const all = Buffer.concat([header, whole])
    // The header in two pieces, the second with the first bytes.
    const saved = await downloaded(
      printing([all.subarray(0, 10), all.subarray(10, 500), all.subarray(500)], { code: 0 }),
    )
    expect(saved).toMatchObject({ file, revision: 42, sizeBytes: whole.length })
    expect(readFileSync(file).equals(whole)).toBe(true)
    expect(saved.sha256).toBe(createHash('sha256').update(whole).digest('hex'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['backup.db'])
  })

  const flipped = Buffer.from(whole)
  flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100)
  test.each([
    ['cut off', [header, whole.subarray(0, 5000)], { code: 0 }, /5000 bytes arrived of 8224/],
    ['changed on its way', [header, flipped], { code: 0 }, /does not match the SHA-256/],
    ['no snapshot at all', [Buffer.from('Usage: etcdctl snapshot …\n')], { code: 0 }, /not a header/],
    ['without a header in sight', [Buffer.alloc(5000, 120)], { code: 0 }, /not a header/],
    ['a failure of etcd', [], { code: 4 }, /did not give a snapshot/],
    ['no space', [], { code: 3 }, /no space/],
    [
      'a lost connection',
      [header, whole.subarray(0, 5000)],
      new Error('the connection was lost'),
      /connection was lost/,
    ],
  ])('%s: nothing is left here, and what is left there is removed', async (_, chunks, ending, message) => {
    const from = printing(chunks, ending)
    await expect(downloaded(from)).rejects.toThrow(message)
    expect(readdirSync(folder)).toEqual([])
    expect(from.ran.at(-1)).toBe('remove the snapshot there')
  })

  test('a file that appeared meanwhile is not overwritten', async () => {
    const from = printing([header, whole], { code: 0 })
    const run = from.run
    from.run = (blocks, options) => {
      if (options.stdoutTo !== undefined) writeFileSync(file, 'mine')
      return run(blocks, options)
    }
    await expect(downloaded(from)).rejects.toMatchObject({ exitCode: 2 })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(readdirSync(folder)).toEqual(['backup.db'])
  })

  test.each([
    ['a file that is there', () => writeFileSync(file, 'mine'), /is there already/],
    ['a folder that is not', () => (file = join(folder, 'missing', 'backup.db')), /there is no folder/],
  ])('%s is refused before anything is asked of a host, exit code 2', (_, prepare, message) => {
    prepare()
    expect(() => refuseExisting(file)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    )
  })

  test('what a killed run left is swept, what another one writes is not', async () => {
    writeFileSync(join(folder, '.backup.db.etcd-deploy.999999999'), 'half')
    writeFileSync(join(folder, '.backup.db.etcd-deploy.1'), 'of a process that lives')
    await downloaded(printing([header, whole], { code: 0 }))
    expect(existsSync(join(folder, '.backup.db.etcd-deploy.999999999'))).toBe(false)
    expect(existsSync(join(folder, '.backup.db.etcd-deploy.1'))).toBe(true)
  })
})

describe('the header', () => {
  test('of a host without a tool that knows snapshots has no revision', () => {
    expect(parseHeader('snapshot 4128 ')).toEqual({ sizeBytes: 4128, revision: undefined })
  })
})

describe('the member', () => {
  const chosen = (hosts: Parameters<typeof reading>[0]) => healthiest(three, reading(hosts).seen).node.name
  const applied = (name: string, raftAppliedIndex: bigint) =>
    host(three, name, { etcd: etcd(three, name, {}, { raftAppliedIndex }) })

  test('is a follower, and of those the one that has applied most', () => {
    expect(chosen({ node2: applied('node2', 90n), node3: applied('node3', 95n) })).toBe('node3')
  })

  test('is the leader where nobody else is healthy', () => {
    expect(chosen({ node2: stopped(three, 'node2'), node3: stopped(three, 'node3') })).toBe('node1')
  })

  test('is never a learner', () => {
    const learner = etcd(three, 'node3', {}, { isLearner: true, raftAppliedIndex: 999n })
    expect(chosen({ node3: host(three, 'node3', { etcd: learner }) })).toBe('node2')
  })

  test('without quorum there is none, and the arithmetic says why', () => {
    const status = endpoint('node1', { leader: undefined })
    const alone = etcd(three, 'node1', { healthy: false, status, members: undefined })
    const { seen } = reading({
      node1: host(three, 'node1', { etcd: alone }),
      node2: stopped(three, 'node2'),
      node3: stopped(three, 'node3'),
    })
    expect(() => healthiest(three, seen)).toThrow(/quorum needs 2 of 3 members, 0 are healthy/)
  })
})
