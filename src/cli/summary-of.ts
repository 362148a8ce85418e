import type { RunSummary } from '../engine/events.ts'
import type { Connection } from '../host/host.ts'
import { unreachable } from './unreachable.ts'

/** What a run came to, however it ended. */
export function summaryOf(
  begun: number,
  connections: ReadonlyMap<string, Connection>,
  { changed, restarted }: { changed: ReadonlySet<string>; restarted: ReadonlySet<string> },
): RunSummary {
  const names = [...connections.keys()]
  const costs = [...connections].flatMap(([name, connection]) =>
    connection.kind === 'connected' ? [[name, connection.host.cost] as const] : [],
  )
  const absent = unreachable(connections)
  return {
    durationMs: Math.round(performance.now() - begun),
    changed: [...changed],
    restarted: [...restarted],
    unchanged: names.filter((name) => !changed.has(name) && !absent.includes(name)),
    unreachable: absent,
    commands: Object.fromEntries(costs.map(([name, cost]) => [name, cost.commands])),
    bytesSent: Object.fromEntries(costs.map(([name, cost]) => [name, cost.bytesSent])),
  }
}
