import { type ErrorFacts } from '../errors.ts'
import { repairFirst } from '../engine/repair-first.ts'
import { diagnose } from '../etcd/diagnosis.ts'
import type { NodeName } from '../inventory/model.ts'

/** Words what member-scripts.ts prints when a member does not come up. */
export function memberFailure(host: NodeName, tried: string, service: string, deadlineMs: number) {
  return ({ stdout, stderr, code }: { stdout: string; stderr: string; code: number }): ErrorFacts => {
    const report = section(stdout, 'report')
    const journal = section(stdout, 'journal')
    const rolledBack = /^#@ rolled-back (healthy|unhealthy)$/m.exec(stdout)?.[1]
    if (report === '')
      return {
        message: `could not ${tried}`,
        host,
        tried,
        answered: stderr.trim() || `exit status ${code}`,
        next: repairFirst,
      }
    const found = diagnose(journal)
    const ended = /^ActiveState=(failed|inactive)$/m.test(report) || /^NRestarts=[1-9]/m.test(report)
    const how = ended ? 'its process ended' : `it was not healthy after ${Math.round(deadlineMs / 1000)} s`
    return {
      message: `the member did not come up: ${found?.reason ?? how}`,
      host,
      tried,
      answered: `${report}\n${lastLines(journal, 12)}`,
      next: [
        ...(found === undefined ? [] : [found.next]),
        ...(rolledBack === 'healthy'
          ? ['its previous files were put back and it is healthy again; the other members were not touched']
          : []),
        ...(rolledBack === 'unhealthy'
          ? ['its previous files were put back, but it is not healthy; look at its journal before anything else']
          : []),
        `more: journalctl -u ${service} on ${host}`,
      ],
    }
  }
}

/** `state waiting for peers` → what the live view shows. */
export function memberState(line: string): string | undefined {
  return line.startsWith('state ') ? line.slice(6) : undefined
}

function section(stdout: string, name: string): string {
  const lines = stdout.split('\n')
  const begin = lines.indexOf(`#@ ${name}`)
  if (begin === -1) return ''
  const end = lines.findIndex((line, index) => index > begin && line.startsWith('#@ '))
  return lines.slice(begin + 1, end === -1 ? undefined : end).join('\n')
}

/** At its start etcd repeats each of its settings as information: what went wrong stands between. */
function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n')
  const telling = lines.filter((line) => !line.includes('"level":"info"'))
  return (telling.length > 0 ? telling : lines).slice(-count).join('\n')
}
