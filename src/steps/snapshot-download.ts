import { randomBytes } from 'node:crypto'

import { DeployError } from '../errors.ts'
import { snapshotSummer } from '../etcd/snapshot-sum.ts'
import type { Host } from '../host/host.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { createSnapshotFile } from './snapshot-file.ts'
import { exitNoSpace, parseHeader, removeScript, saveScript, type SnapshotHeader } from './snapshot-script.ts'

export interface SavedSnapshot {
  /** Absolute. */
  file: string
  /** The member that it was taken from. */
  member: string
  /** Undefined where no tool on the host could tell it. */
  revision: number | undefined
  sizeBytes: number
  /** Of the whole file. */
  sha256: string
}

export interface Download {
  cluster: Cluster
  signal: AbortSignal
  node: Node
  host: Host
  sizeBytes: number
  file: string
  onProgress(done: number, total: number): void
}

/** From the first byte on: a network that has died silently must not hold the run for hours. */
const stallMs = 60_000
/** As slow as a disk may write it on the host. */
const saveBytesPerMs = 2000
const longestMs = 24 * 3_600_000

export async function download(request: Download): Promise<SavedSnapshot> {
  const { cluster, node, host, sizeBytes, file, onProgress } = request
  const token = randomBytes(8).toString('hex')
  const saveTimeoutMs = 60_000 + sizeBytes / saveBytesPerMs
  const local = createSnapshotFile(file)
  const stalled = stallWatch(host.name, 2 * saveTimeoutMs)
  const sum = snapshotSummer()
  let header: SnapshotHeader | undefined
  const split = headerSplitter((line) => {
    header = parseHeader(line)
    if (header === undefined) throw unreadable(host, `its first line is not a header: ${line.slice(0, 200)}`)
  })
  try {
    const result = await host.run([saveScript({ cluster, node, sizeBytes, saveTimeoutMs, token })], {
      what: 'save a snapshot',
      signal: AbortSignal.any([request.signal, stalled.signal]),
      timeoutMs: longestMs,
      stdoutTo: (chunk) => {
        stalled.alive()
        const bytes = split(chunk)
        if (bytes.length === 0) return
        local.write(bytes)
        sum.add(bytes)
        onProgress(sum.sizeBytes(), header?.sizeBytes ?? 0)
      },
    })
    const code = result.blocks[0]?.code ?? -1
    if (code !== 0) throw saveFailed(host, code, result.stderr)
    if (header === undefined || header.sizeBytes !== sum.sizeBytes())
      throw unreadable(host, `${sum.sizeBytes()} bytes arrived of ${header?.sizeBytes ?? 'an unknown number'}`)
    const checked = sum.end()
    if ('broken' in checked) throw unreadable(host, checked.broken)
    local.keep()
    const { revision } = header
    return {
      file: local.path,
      member: node.name,
      revision,
      sizeBytes: sum.sizeBytes(),
      sha256: checked.sha256,
    }
  } catch (error) {
    local.discard()
    await removeThere(cluster, host, token)
    throw error
  } finally {
    stalled.stop()
  }
}

/** The script removes its folder itself, unless it was killed. */
async function removeThere(cluster: Cluster, host: Host, token: string): Promise<void> {
  const options = { what: 'remove the snapshot there', signal: AbortSignal.timeout(5000), timeoutMs: 5000 }
  await host.run([removeScript(cluster, token)], options).catch(() => {})
}

function stallWatch(host: string, firstMs: number): { signal: AbortSignal; alive(): void; stop(): void } {
  const controller = new AbortController()
  const late = (): void =>
    controller.abort(
      new DeployError({
        message: 'the snapshot does not arrive any more',
        host,
        tried: 'receive the snapshot',
        next: 'see the network to the host and its load, then try again',
      }),
    )
  let timer = setTimeout(late, firstMs)
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer)
      timer = setTimeout(late, stallMs)
    },
    stop: () => clearTimeout(timer),
  }
}

const longestHeaderBytes = 4096

/** Hands the first line on, and answers what comes after it. */
function headerSplitter(onHeader: (line: string) => void): (chunk: Uint8Array) => Uint8Array {
  let before: Buffer | undefined = Buffer.alloc(0)
  return (chunk) => {
    if (before === undefined) return chunk
    before = Buffer.concat([before, chunk])
    const end = before.indexOf(0x0a)
    if (end === -1 && before.length <= longestHeaderBytes) return new Uint8Array()
    const rest = before.subarray(end + 1)
    onHeader(before.subarray(0, Math.max(0, end)).toString())
    before = undefined
    return rest
  }
}

function saveFailed(host: Host, code: number, stderr: string): DeployError {
  const full = code === exitNoSpace
  return new DeployError({
    message: full ? 'there is no space for a snapshot on this host' : 'etcd did not give a snapshot',
    host: host.name,
    tried: 'etcdctl snapshot save',
    answered: stderr.trim() === '' ? `exit status ${code}` : stderr,
    next: full
      ? 'free space on the file system of /var/lib/etcd-deploy there'
      : 'etcd-deploy status says how the members are',
  })
}

function unreadable(host: Host, why: string): DeployError {
  return new DeployError({
    message: `the snapshot is not whole: ${why}`,
    host: host.name,
    tried: 'check what arrived',
    next: 'nothing was kept; try again, and if it happens again look at the disk of this host',
  })
}
