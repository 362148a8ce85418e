import { spawn, spawnSync } from 'node:child_process'
import { remoteCommand } from '../../../src/host/command.ts'
import { noShell } from '../../../src/host/failures.ts'
import type { RunOptions } from '../../../src/host/host.ts'
import type { Ending } from '../../../src/host/process.ts'
import type { Shell } from '../../../src/host/shell.ts'

/** The POSIX shells of this machine that hosts have as /bin/sh. */
export const interpreters = ['dash', 'bash'].filter((name) => spawnSync(name, ['-c', ':']).status === 0)

/** The very scripts that hosts get, run by a shell of this machine; `profile` is what its login prints first. */
export function localShell(options: { interpreter?: string; profile?: string } = {}): Shell {
  return {
    host: 'here',
    target: 'me@here:0',
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    refusal: noShell,
    async launch() {
      const command = remoteCommand({ kind: 'none' }, '').replace('exec /bin/sh', `exec ${options.interpreter ?? 'sh'}`)
      // As under sshd: a session of its own, and the end of stdin is all that a closed connection does to it
      const child = spawn('sh', ['-c', `${options.profile ?? ':'}\n${command}`], { detached: true })
      child.stdin.on('error', () => {})
      const { promise: ended, resolve } = Promise.withResolvers<Ending>()
      child.on('close', (code, signal) =>
        resolve(signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal }),
      )
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

export function runOptions(more: Partial<RunOptions> = {}): RunOptions {
  return { what: 'test', signal: new AbortController().signal, timeoutMs: 20_000, ...more }
}
