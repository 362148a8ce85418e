import { createHash } from 'node:crypto'

import type { Change } from '../engine/playbook.ts'
import type { FilePut } from '../host/host.ts'
import type { NodeName } from '../inventory/model.ts'
import { unifiedDiff } from './unified-diff.ts'
import { reached, withFiles, withHost, type FileSeen, type ReachedHost, type Seen } from './seen.ts'

/** A file as it shall be on a host, and how a person may see its difference. */
export interface FileWant extends FilePut {
  shows: 'text' | 'certificate' | 'secret' | 'binary'
}

export function textFile(path: string, text: string, rights: Pick<FilePut, 'mode' | 'owner' | 'group'>): FileWant {
  return { path, ...rights, shows: 'text', content: bytesContent(Buffer.from(text)) }
}

export function bytesContent(bytes: Uint8Array): Extract<FilePut['content'], { kind: 'bytes' }> {
  return { kind: 'bytes', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Why the file on the host is not the one that is wanted, or undefined. */
function difference(seen: FileSeen | undefined, want: FileWant): string | undefined {
  if (seen === undefined) return 'missing'
  if (seen.sha256 !== want.content.sha256) return 'differs'
  if (seen.mode !== want.mode) return `mode ${octal(seen.mode)} instead of ${octal(want.mode)}`
  if (seen.owner !== want.owner || seen.group !== want.group)
    return `owner ${seen.owner}:${seen.group} instead of ${want.owner}:${want.group}`
  return undefined
}

export function differing(host: ReachedHost, wants: readonly FileWant[]): FileWant[] {
  return wants.filter((want) => difference(host.files.get(want.path), want) !== undefined)
}

/** A change that installs files together, as one: all are in place or none. */
export function putFiles(seen: Seen, host: NodeName, what: string, wants: readonly FileWant[]): Change<Seen> {
  const on = reached(seen, host)
  const reasons = wants.flatMap((want) => {
    const reason = difference(on?.files.get(want.path), want)
    return reason === undefined ? [] : [`${want.path} ${reason}`]
  })
  const diff = diffOf(on, wants)
  return {
    host,
    what,
    why: reasons.join(', '),
    ...(diff === '' ? {} : { diff }),
    script: { text: 'install_files', files: wants },
    timeoutMs: 120_000,
    predict: (before) =>
      withHost(before, host, (now) => ({
        files: withFiles(
          now,
          wants.map((want) => [want.path, seenOnce(want)]),
        ),
      })),
  }
}

/** What will be seen of a file once it was installed. */
export function seenOnce(want: FileWant): FileSeen {
  const { content, mode, owner, group } = want
  const size = content.kind === 'bytes' ? content.bytes.length : content.size
  const text = want.shows === 'text' && content.kind === 'bytes' ? { text: Buffer.from(content.bytes).toString() } : {}
  return { type: 'file', mode, owner, group, size, modifiedS: 0, sha256: content.sha256, ...text }
}

export function diffOf(host: ReachedHost | undefined, wants: readonly FileWant[]): string {
  return wants.map((want) => fileDiff(host?.files.get(want.path), want)).join('')
}

function fileDiff(seen: FileSeen | undefined, want: FileWant): string {
  const { content, shows } = want
  if (content.kind === 'file' || shows === 'binary') return ''
  if (shows === 'secret')
    return seen === undefined ? '' : `--- ${want.path}\n+++ ${want.path}\n@@ a private key: not shown @@\n`
  if (shows === 'certificate') return ''
  return unifiedDiff(want.path, seen?.text ?? '', Buffer.from(content.bytes).toString())
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`
}
