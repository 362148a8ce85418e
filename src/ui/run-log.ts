import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

import type { RunEvent } from '../engine/events.ts'
import type { Environment } from './colors.ts'
import { jsonLine } from './json.ts'

/** What happened, kept for the day on which someone asks. */
export interface RunLog {
  path: string
  emit(event: RunEvent): void
  close(): void
  /** Why nothing is written (any more); a run never fails for the sake of its log. */
  problem(): string | undefined
}

const keptLogs = 50

/** Written event by event and at once, so that a killed run has its log to the end. */
export function openRunLog(run: { command: string; cluster: string; env: Environment; now?: Date }): RunLog {
  const folder = logFolder(run.env)
  const date = (run.now ?? new Date()).toISOString().replaceAll(':', '')
  const path = join(folder, `${date}-${inFileName(run.command)}-${inFileName(run.cluster)}.jsonl`)
  let file: number | undefined
  let problem: string | undefined

  function attempt(write: () => void): void {
    try {
      write()
    } catch (error) {
      problem = (error as Error).message
      file = undefined
    }
  }

  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    removeOldest(folder, keptLogs - 1)
    file = openSync(path, 'a', 0o600)
  })
  return {
    path,
    emit(event) {
      // Bytes go by a hundred times a second and say nothing afterwards.
      if (file === undefined || (event.type === 'progress' && event.state === undefined)) return
      const open = file
      attempt(() => writeSync(open, jsonLine(event, new Date())))
    },
    close() {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
    problem: () => problem,
  }
}

function logFolder(env: Environment): string {
  const xdg = env.XDG_STATE_HOME
  const home = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env.HOME ?? homedir(), '.local', 'state')
  return join(home, 'etcd-deploy', 'runs')
}

/** Their names begin with the date, so that the order of names is that of time. */
function removeOldest(folder: string, keep: number): void {
  const logs = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
  for (const name of logs.slice(0, Math.max(0, logs.length - keep))) rmSync(join(folder, name), { force: true })
}

function inFileName(text: string): string {
  return text.replace(/[^A-Za-z0-9_]+/g, '-')
}
