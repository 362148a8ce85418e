import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { writeFiles } from '../certs/write-files.ts'
import { DeployError, exitCode } from '../errors.ts'
import { pathText } from '../inventory/describe.ts'
import { editInventory, shown, type Edited, type InventoryEdit } from '../inventory/edit.ts'
import type { Cluster } from '../inventory/model.ts'
import { stillNamed } from '../inventory/still-named.ts'
import { tryInventory } from '../inventory/trial.ts'
import { unifiedDiff } from '../steps/unified-diff.ts'
import type { Session } from './session.ts'

/** `computed`: not edited, and the person has been told what to edit. */
type FileOutcome = { kind: 'edited'; cluster: Cluster } | { kind: 'computed' }
/** `nothing`: it says so already. */
export type InventoryOutcome = FileOutcome | { kind: 'nothing' }

export interface FileEdit {
  edit(source: string): Edited
  /** For a person who has to make it himself. */
  toMake: readonly string[]
  /** What the edit takes out and nothing should name any more. */
  outdated: readonly string[]
  /** Whether the edited file says what is meant. */
  leadsTo(cluster: Cluster): boolean
  /** Once it was agreed to, before it is written. */
  beforeWriting?(): Promise<void>
}

/** Replaces and inserts values; as `changeInventoryFile` does. */
export async function editInventoryFile(
  session: Pick<Session, 'cluster' | 'emit' | 'ask'>,
  edits: readonly InventoryEdit[],
  { leadsTo = () => true }: { leadsTo?: (cluster: Cluster) => boolean } = {},
): Promise<InventoryOutcome> {
  if (edits.length === 0) return { kind: 'nothing' }
  return changeInventoryFile(session, {
    edit: (source) => editInventory(source, edits),
    toMake: edits.map(toMake),
    outdated: edits.flatMap(({ from }) => (typeof from === 'string' ? [from] : [])),
    leadsTo,
  })
}

/**
 * Makes an intent durable: tried, shown as a diff, asked for, then written in one go. Where code computes the value it is not guessed
 * at: the edit to make is told, and the operation record holds it until then.
 */
export async function changeInventoryFile(
  { cluster: { file }, emit, ask }: Pick<Session, 'cluster' | 'emit' | 'ask'>,
  change: FileEdit,
): Promise<FileOutcome> {
  const path = realpathSync(file)
  const before = readFileSync(path)
  const edited = await tried(path, before, change)
  if ('why' in edited) {
    emit({ type: 'warning', message: `${file} is not edited: ${edited.why}`, next: [...change.toMake] })
    return { kind: 'computed' }
  }
  emit({ type: 'note', message: `edit ${file}`, diff: unifiedDiff(file, before.toString(), edited.text) })
  if (!(await ask.confirm(`Edit ${file} as shown?`, '--yes')))
    throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
  await change.beforeWriting?.()
  if (!readFileSync(path).equals(before))
    throw new DeployError({ message: `${file} was changed meanwhile; nothing was written`, next: 'Run it again.' })
  await writeFiles([{ path, content: edited.text, mode: statSync(path).mode & 0o777 }])
  for (const { name, lines } of stillNamed(edited.text, change.outdated, edited.cluster))
    emit({
      type: 'warning',
      message: `${file}: ${linesText(lines)} ${name}`,
      next: ['where that is outdated, edit it'],
    })
  return { kind: 'edited', cluster: edited.cluster }
}

async function tried(
  path: string,
  before: Buffer,
  { edit, toMake, leadsTo }: FileEdit,
): Promise<{ text: string; cluster: Cluster } | { why: string }> {
  const source = before.toString()
  if (!Buffer.from(source).equals(before)) return { why: 'it is not UTF-8' }
  const edited = edit(source)
  if (edited.kind === 'computed') return edited
  refuseUnwritable(path, toMake)
  const trial = await tryInventory(path, edited.text)
  if ('why' in trial) return { why: `the edited file would not say so: ${trial.why}` }
  if (!leadsTo(trial.cluster)) return { why: 'the edited file would not say so' }
  return { text: edited.text, cluster: trial.cluster }
}

/** It is replaced by a new file, so that its folder must let us too. */
function refuseUnwritable(path: string, toMake: readonly string[]): void {
  try {
    accessSync(path, constants.W_OK)
    accessSync(dirname(path), constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new DeployError({
      message: `the inventory ${path} cannot be written by you, and this command edits it`,
      answered: cause instanceof Error ? cause.message : String(cause),
      next: ['make it and its folder writable, or edit it yourself:', ...toMake],
      exitCode: exitCode.usage,
      cause,
    })
  }
}

function toMake({ path, from, to }: InventoryEdit): string {
  const now = from === undefined ? 'not written now' : `now ${shown(from)}`
  return `make it say ${pathText(path)}: ${shown(to)} (${now})`
}

function linesText(lines: readonly number[]): string {
  return lines.length === 1 ? `line ${lines[0]} still names` : `lines ${lines.join(', ')} still name`
}
