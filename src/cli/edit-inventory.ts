import { readFileSync, realpathSync, statSync } from 'node:fs'

import { writeFiles } from '../certs/write-files.ts'
import { DeployError, exitCode } from '../errors.ts'
import { editInventory, type LiteralEdit } from '../inventory/edit.ts'
import { unifiedDiff } from '../steps/unified-diff.ts'
import type { Session } from './session.ts'

/**
 * Makes an intent durable: shown as a diff, asked for, then written in one go. Where code computes the value it is not guessed at: the
 * edit to make is told, and the operation record holds it until then.
 */
export async function editInventoryFile(session: Session, edits: readonly LiteralEdit[]): Promise<void> {
  const { cluster, emit, ask } = session
  const path = realpathSync(cluster.file)
  const before = readFileSync(path, 'utf8')
  const edited = editInventory(before, edits)
  if (edited.kind === 'computed') {
    emit({
      type: 'warning',
      message: `${cluster.file} is not edited: ${edited.why}`,
      next: edits.map((edit) => `make it say ${edit.path.join('.')}: '${edit.to}' (now '${edit.from}')`),
    })
    return
  }
  emit({ type: 'note', message: `edit ${cluster.file}`, diff: unifiedDiff(cluster.file, before, edited.text) })
  if (!(await ask.confirm(`Edit ${cluster.file} as shown?`, '--yes')))
    throw new DeployError({ message: 'not confirmed; nothing was changed', exitCode: exitCode.refused })
  await writeFiles([{ path, content: edited.text, mode: statSync(path).mode & 0o777 }])
}
