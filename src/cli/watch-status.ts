import { setTimeout as sleep } from 'node:timers/promises'

import { DeployError, exitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { timeoutMs } from '../inventory/duration.ts'
import type { ClusterStatus } from '../status/model.ts'
import { isNews } from '../status/news.ts'
import { readStatus } from '../status/read-status.ts'
import { statusOf } from '../status/status-of.ts'
import { loadColors, wantsColors } from '../ui/colors.ts'
import { openScreen } from '../ui/screen.ts'
import { statusText } from '../ui/status-text.ts'
import { secondsText } from '../ui/units.ts'
import { keepConnections } from './kept-connections.ts'
import { knownOperation } from './known-operation.ts'
import { onHosts, type OnHosts } from './on-hosts.ts'
import type { CommonOptions } from './options.ts'

export interface WatchOptions extends CommonOptions {
  watch?: string | true
}

/** The status again and again, over the same connections: redrawn on a terminal, elsewhere told anew when it changes. */
export async function watchStatus(options: WatchOptions): Promise<number> {
  const everyMs = interval(options.watch)
  const watch = async ({ cluster, connections, signal: interrupted, reconnect, write }: OnHosts): Promise<number> => {
    const over = new AbortController()
    const signal = AbortSignal.any([interrupted, over.signal])
    const show = await shower(options, everyMs, write)
    const { default: playbook } = await import('../../playbooks/up.ts')
    const kept = keepConnections({ connections, reconnect, signal })
    try {
      while (!signal.aborted) {
        const begunMs = performance.now()
        const context = { cluster, connections: kept.now(), emit: () => {}, signal }
        const reading = await readStatus(context, playbook.stages, knownOperation)
        for (const [name, seen] of reading.seen.hosts)
          kept.heard(name, seen.kind === 'unreachable' ? seen.error : undefined)
        await show.status(statusOf(reading))
        await sleep(Math.max(0, everyMs - (performance.now() - begunMs)), undefined, { signal })
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      over.abort()
      show.close()
    }
    return exitCode.interrupted
  }
  return onHosts('status', options, watch, impatient)
}

/** A host that hangs must not keep the others' news waiting. */
function impatient(cluster: Cluster): Cluster {
  const nodes = cluster.nodes.map((node) => {
    const timeouts = { ...node.timeouts, commandMs: Math.min(longestMs, node.timeouts.commandMs) }
    return { ...node, timeouts }
  })
  return { ...cluster, nodes }
}

const longestMs = 8000

interface Shower {
  status(status: ClusterStatus): Promise<void> | undefined
  close(): void
}

async function shower(
  { json, verbose }: WatchOptions,
  everyMs: number,
  write: (stream: 'stdout', text: string) => Promise<void> | undefined,
): Promise<Shower> {
  const { stdout, env } = process
  const colors = await loadColors(wantsColors(stdout.isTTY, env))
  const text = (status: ClusterStatus): string => statusText(status, { colors, columns: stdout.columns ?? 100 })
  if (json !== true && verbose !== true && stdout.isTTY && env['TERM'] !== 'dumb') {
    const screen = openScreen(stdout)
    return {
      status(status) {
        const about = `${new Date(status.time).toLocaleTimeString('en-GB')}, every ${secondsText(everyMs)}; Ctrl-C ends`
        screen.show(`${colors.dim(about)}\n\n${text(status)}`)
        return undefined
      },
      close: screen.close,
    }
  }
  let before: ClusterStatus | undefined
  return {
    status(status) {
      if (before !== undefined && !isNews(before, status)) return undefined
      before = status
      return write('stdout', json === true ? `${JSON.stringify(status)}\n` : `${status.time}\n${text(status)}\n\n`)
    },
    close: () => {},
  }
}

/** As people write it for `watch` too: a bare number is seconds. */
function interval(watch: string | true | undefined): number {
  if (watch === true || watch === undefined) return 2000
  const ms = timeoutMs(/^\d+$/.test(watch) ? `${watch}s` : watch)
  if (ms !== undefined && ms >= 1000 && ms <= 3_600_000) return ms
  throw new DeployError({
    message: `--watch: ${watch} does not say how often: 1s to 1h`,
    next: 'as in --watch 5s; an inventory stands before it, or behind -i',
    exitCode: exitCode.usage,
  })
}
