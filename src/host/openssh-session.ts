import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { refused } from './channel.ts'
import type { Attempt } from './failures.ts'
import type { Master } from './openssh-master.ts'
import type { Ending, Process } from './process.ts'

/** Starts a command on a session of its own: an `ssh` that goes over the master and never past it. */
export function openSession(master: Master, command: string, attempt: Attempt): Process {
  // What ssh itself says must not stand in what the command says
  const log = join(master.folder.path, `said-${randomBytes(8).toString('hex')}`)
  const words = ['-F', master.folder.over, '-E', log, '--', master.alias, command]
  const child = spawn('ssh', words, { detached: true, stdio: 'pipe' })
  child.stdin.on('error', () => {})
  const { promise, resolve } = Promise.withResolvers<Ending>()
  child.once('error', (error) => resolve({ kind: 'lost', error }))
  child.once('close', (code) => void ending(master, attempt, code, log).then(resolve))
  const end = (): void => {
    child.kill()
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
  }
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended: promise,
    // ssh takes no more than the connection can
    uplink: async () => {},
    close: end,
    kill: end,
  }
}

/** 255 may be the command's own, ssh's for a session that was not opened, or for a connection that is lost. */
async function ending(master: Master, attempt: Attempt, code: number | null, log: string): Promise<Ending> {
  const said = code === 255 ? (await readFile(log, 'utf8').catch(() => '')).trim() : ''
  await rm(log, { force: true })
  if (code !== null && code !== 255) return { kind: 'exit', code }
  const lost = await Promise.race([master.ended.then((error): Ending => ({ kind: 'lost', error })), soon()])
  if (lost !== undefined) return lost
  if (code === null) return { kind: 'lost', error: undefined }
  return said === '' ? { kind: 'exit', code } : { kind: 'lost', error: refused(attempt, new Error(firstLine(said))) }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? ''
}

/** The end of the connection is often told a moment after the end of its sessions. */
async function soon(): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, 200))
}
