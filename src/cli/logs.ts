import { DeployError, exitCode } from '../errors.ts'
import { onHosts, type OnHostsOptions } from './on-hosts.ts'
import { runOnHosts } from './run-on-hosts.ts'

export interface LogsOptions extends OnHostsOptions {
  follow?: true
  since?: string
}

/** The journal of the members' unit, on all hosts. */
export function logs(options: LogsOptions): Promise<number> {
  return onHosts('logs', options, (hosts) => {
    const words = journalWords(hosts.cluster.service.name, options)
    return runOnHosts(hosts, words, { what: 'read the journal', json: options.json === true })
  })
}

/** Times of all hosts in UTC: read side by side, local ones would mislead. */
export function journalWords(service: string, { follow, since }: Pick<LogsOptions, 'follow' | 'since'>): string[] {
  return [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--utc',
    '--output=short-iso',
    `--unit=${service}.service`,
    ...(since === undefined ? ['--lines=100'] : ['--lines=all', `--since=${sinceWord(since)}`]),
    ...(follow === true ? ['--follow'] : []),
  ]
}

/** `10m` as others take it, and times with a zone, which older journalctls do not know. */
function sinceWord(since: string): string {
  if (/^(\d+(\.\d+)?(s|m|h|d|w))+$/.test(since)) return `-${since}`
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(since)) {
    const ms = Date.parse(since)
    if (Number.isFinite(ms)) return `@${Math.floor(ms / 1000)}`
  }
  if (since.trim() !== '') return since
  throw new DeployError({
    message: '--since: no time is given',
    next: "as in --since 10m, --since '2026-11-21 12:00', --since 2026-11-21T12:00:00Z",
    exitCode: exitCode.usage,
  })
}
