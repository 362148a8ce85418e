import type { Operation, Put, Read, Write } from './history.ts'
import { isRegister } from './keys.ts'

/** What one member holds of our keys at the end. */
export interface Contents {
  member: string
  seqs: Map<string, number>
}

export interface Verdict {
  /** Acknowledged writes that are not in every member at the end. */
  lost: number
  /** Operations that saw an older state than one that had ended before they began. */
  wentBack: number
  /** Reads of a value that was not being written yet, that etcd had refused, or that is none of ours. */
  neverWritten: number
  problems: string[]
}

export function judge(history: Operation[], contents: Contents[]): Verdict {
  const lost = lostWrites(history, contents)
  const { invented, credible } = sift(history)
  const wentBack = backward(credible)
  return {
    lost: lost.length,
    wentBack: wentBack.length,
    neverWritten: invented.length,
    problems: [...some(lost), ...some(wentBack), ...some(invented.map(toldInvented))],
  }
}

function lostWrites(history: Operation[], contents: Contents[]): string[] {
  return acknowledged(history).flatMap((write) => {
    const { key, seq, endpoint, revision } = write
    // The key's one writer put a later write there only where this one was still the last.
    const without = contents.filter(({ seqs }) => (seqs.get(key) ?? 0) < seq)
    if (without.length === 0) return []
    const there = without.map(({ member, seqs }) => `${member} has ${seqs.get(key) ?? 'nothing'}`).join(', ')
    return [`lost: write ${seq} of ${key}, acknowledged by ${endpoint} at revision ${revision}: ${there}`]
  })
}

/** Per key and over all: what was seen or acknowledged once must be seen by all that begins after it. */
function backward(history: Operation[]): string[] {
  const seen = history.filter((operation): operation is Seen => operation.outcome !== 'failed')
  const byEnd = seen.toSorted((a, b) => a.endMs - b.endMs)
  const floors = new Map<string, { seq: number; order: number; modRevision: number; by: string }>()
  let revision = { at: 0, by: '' }
  let ended = 0
  return seen
    .toSorted((a, b) => a.beginMs - b.beginMs)
    .flatMap((operation) => {
      for (let before = byEnd[ended]; before && before.endMs < operation.beginMs; before = byEnd[++ended]) {
        const { seq } = before
        const { order, modRevision } = stateIn(before)
        const floor = floors.get(before.key)
        const by = `${before.client} on ${before.endpoint}`
        if (floor === undefined || order > floor.order) floors.set(before.key, { seq, order, modRevision, by })
        if (before.revision > revision.at) revision = { at: before.revision, by }
      }
      const what = `${operation.client} on ${operation.endpoint}, ${Math.round(operation.beginMs)} ms`
      const floor = floors.get(operation.key)
      const now = stateIn(operation)
      if (floor !== undefined && (now.order < floor.order || now.modRevision < floor.modRevision)) {
        return [`went back: ${what}: ${said(operation)}, after ${floor.by} had seen ${floor.seq}`]
      }
      if (operation.revision < revision.at) {
        return [`went back: ${what}: revision ${operation.revision}, after ${revision.by} had seen ${revision.at}`]
      }
      return []
    })
}

/** Reads of what can't have been there, apart: else each honest read after one would seem to go back. */
function sift(history: Operation[]): { invented: AnsweredRead[]; credible: Operation[] } {
  const writes = new Map(
    history.flatMap((operation) => (operation.type === 'read' ? [] : [[nameOf(operation, operation.seq), operation]])),
  )
  const isInvented = (operation: Operation): operation is AnsweredRead => {
    if (operation.type !== 'read' || operation.outcome === 'failed' || operation.seq === 0) return false
    const write = writes.get(nameOf(operation, operation.seq))
    if (write === undefined || write.beginMs >= operation.endMs) return true
    return write.outcome === 'failed' && !write.perhaps
  }
  return { invented: history.filter(isInvented), credible: history.filter((operation) => !isInvented(operation)) }
}

function toldInvented(read: AnsweredRead): string {
  return `never written: ${read.client} on ${read.endpoint}, ${Math.round(read.beginMs)} ms: ${said(read)}`
}

export function acknowledged(history: Operation[]): (Write & { outcome: 'acknowledged' })[] {
  return history.filter((operation) => operation.type === 'write' && operation.outcome === 'acknowledged')
}

type AnsweredRead = Read & { outcome: 'answered' }
type Seen = ((Write | Put) & { outcome: 'acknowledged' }) | AnsweredRead

function stateIn(operation: Seen): { order: number; modRevision: number } {
  const modRevision = operation.type === 'read' ? operation.modRevision : operation.revision
  // Where many write, the number tells only which put began first.
  return { order: isRegister(operation.key) ? modRevision : operation.seq, modRevision }
}

function nameOf({ key }: Operation, seq: number): string {
  return `${seq} ${key}`
}

function said(operation: Seen): string {
  return `${operation.key} ${operation.type === 'read' ? 'is' : 'acknowledged as'} ${operation.seq}`
}

/** Where data is gone thousands of reads tell of it. */
export function some(problems: string[], most = 5): string[] {
  const more = problems.length - most
  return more > 0 ? [...problems.slice(0, most), `… and ${more} more of these`] : problems
}
