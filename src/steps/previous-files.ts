import type { Step } from '../engine/playbook.ts'
import { envValues } from '../etcd/env-file.ts'
import { layoutOf } from '../etcd/layout.ts'
import { isHealthy } from './members.ts'
import { differencesBetween } from './running.ts'
import { reachedHosts, withFiles, withHost, type ReachedHost, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/**
 * A restart whose controller was killed keeps the files that it replaced. Once the member serves with those that are written now, the
 * next restart must not go back beyond them.
 */
export const previousFiles: Step<Wanted, Seen> = {
  name: 'previous files',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const { env, previousDir } = layoutOf(cluster)
      if (!on.files.has(previousDir) || !servesAsWritten(on, env)) return []
      return [
        {
          host,
          what: 'remove the files of an interrupted restart',
          why: 'the member serves with its new ones',
          script: { text: 'rm -rf -- "$1" "$1.new"', args: [previousDir] },
          timeoutMs: 30_000,
          predict: (before: Seen) =>
            withHost(before, host, (now) => ({ files: withFiles(now, [[previousDir, undefined]]) })),
        },
      ]
    }),
}

function servesAsWritten(on: ReachedHost, env: string): boolean {
  const written = on.files.get(env)?.text
  return (
    isHealthy(on) &&
    on.process !== undefined &&
    written !== undefined &&
    differencesBetween(on.process.environment, envValues(written)).length === 0
  )
}
