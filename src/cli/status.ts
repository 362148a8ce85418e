import type { ExitCode } from '../errors.ts'
import { readStatus } from '../status/read-status.ts'
import { statusOf } from '../status/status-of.ts'
import { loadColors, wantsColors } from '../ui/colors.ts'
import { statusText } from '../ui/status-text.ts'
import { knownOperation } from './known-operation.ts'
import type { CommonOptions } from './options.ts'
import { inSession } from './session.ts'

export function status(options: CommonOptions): Promise<ExitCode> {
  return inSession(
    'status',
    options,
    async (session) => {
      const { default: playbook } = await import('../../playbooks/up.ts')
      const seen = statusOf(await readStatus(session, playbook.stages, knownOperation))
      const { stdout, env } = process
      if (options.json === true) session.answer(`${JSON.stringify(seen)}\n`)
      else {
        const colors = await loadColors(wantsColors(stdout.isTTY, env))
        session.answer(`${statusText(seen, { colors, columns: stdout.columns ?? 100 })}\n`)
      }
      return seen.exitCode
    },
    { stdout: 'answer' },
  )
}
