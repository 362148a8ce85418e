import { spawn } from 'node:child_process'
import { remoteCommand } from '../../../src/host/command.ts'
import { noShell } from '../../../src/host/failures.ts'
import type { Ending } from '../../../src/host/process.ts'
import type { Shell } from '../../../src/host/shell.ts'

/** The same scripts, run by a shell of this machine: `sh` stands for whatever is first on `path`. */
export function localShell(options: { interpreter?: string; env?: NodeJS.ProcessEnv } = {}): Shell {
  return {
    host: 'here',
    target: 'me@here:0',
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    refusal: noShell,
    async launch() {
      const command = remoteCommand({ kind: 'none' }, '').replace('exec sh', `exec ${options.interpreter ?? 'sh'}`)
      const child = spawn('sh', ['-c', command], { detached: true, env: { ...process.env, ...options.env } })
      child.stdin.on('error', () => {})
      const ended = new Promise<Ending>((resolve) => {
        child.on('close', (code, signal) =>
          resolve(signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal }),
        )
      })
      const close = (): void => {
        child.stdin.destroy()
        child.stdout.destroy()
        child.stderr.destroy()
      }
      return {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        ended,
        uplink: async () => {},
        close,
        kill: close,
      }
    },
  }
}
