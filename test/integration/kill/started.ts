import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A controller at work, to be signalled from outside at a moment that no counted event marks. */
export interface Started {
  pid: number
  /** Until it has said this, on either output. */
  said(text: RegExp): Promise<void>
  signal(signal: NodeJS.Signals): void
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>
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
    child.on('close', (code, signal) => resolve({ code, signal, output }))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (signal) => void child.kill(signal),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.test(output)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended and never said ${text}:\n${output}`)))
      }),
  }
}
