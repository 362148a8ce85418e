import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunEvent } from '../../../src/engine/events.ts'
import { eventOnLine } from '../../instruments/kill-events.ts'

/** A controller at work, to be signalled from outside at a moment that no counted event marks. */
export interface Started {
  pid: number
  /** Until it has said this, on either output. */
  said(text: RegExp): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
  /** `events`: of a run with `--json`. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string; events: RunEvent[] }>
}

const program = fileURLToPath(import.meta.resolve('../../../bin/etcd-deploy.js'))

export function startEtcdDeploy(args: string[], env: Record<string, string>): Started {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listeners = new Set<() => void>()
  const hear = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<Awaited<Started['ended']>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const events = output.split('\n').flatMap((line) => eventOnLine(line) ?? [])
      resolve({ code, signal, output, events })
    })
  })
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (signal) => void child.kill(signal),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = text.exec(output)
          if (found === null) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended and never said ${text}:\n${output}`)))
      }),
  }
}
