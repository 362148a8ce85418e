import { exitCode, type ExitCode } from '../errors.ts'
import { takeSnapshot, type SavedSnapshot } from '../steps/snapshot.ts'
import { cleanLine } from '../ui/text.ts'
import { bytesText } from '../ui/units.ts'
import type { CommonOptions } from './options.ts'
import { inSession } from './session.ts'

export function snapshotSave(file: string, options: CommonOptions): Promise<ExitCode> {
  return inSession(
    'snapshot save',
    options,
    async (session) => {
      const saved = await takeSnapshot(session, file)
      session.answer(
        `${options.json === true ? JSON.stringify({ v: 1, type: 'snapshot', ...saved, revision: saved.revision ?? null }) : text(saved)}\n`,
      )
      return exitCode.done
    },
    { stdout: 'answer' },
  )
}

function text({ file, member, revision, sizeBytes, sha256 }: SavedSnapshot): string {
  const told = [
    `revision ${revision ?? 'not seen: the host has no etcdutl'}`,
    `${bytesText(sizeBytes)} (${sizeBytes} bytes)`,
    `through ${member}`,
  ]
  return `${cleanLine(file)}: ${told.join(', ')}\nSHA-256 ${sha256}`
}
