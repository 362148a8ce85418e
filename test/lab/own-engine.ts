import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { folders } from './folders.ts'
import { LabError, environment } from './process.ts'

const pidFile = join(folders.engine, 'dockerd.pid')
const containerdPidFile = '/var/run/docker/containerd/containerd.pid'
const logFile = join(folders.engine, 'dockerd.log')

/** A Docker engine of the lab's own, detached, so that it outlives the command that started it. */
export function startEngine(): ChildProcess {
  mkdirSync(folders.engine, { recursive: true, mode: 0o711 })
  // After a kill these pids may belong to something else by now, and dockerd would take that for an engine.
  if (enginePid() === undefined) rmSync(pidFile, { force: true })
  if (!commandOf(Number(read(containerdPidFile)))[0]?.endsWith('containerd')) rmSync(containerdPidFile, { force: true })
  const log = openSync(logFile, 'a')
  const folder = ['--data-root', folders.engine, '--pidfile', pidFile]
  // The lab needs no NAT and no default bridge: the machine's own network stays untouched.
  const child = spawn('dockerd', ['--iptables=false', '--ip6tables=false', '--bridge=none', ...folder], {
    detached: true,
    env: environment,
    stdio: ['ignore', log, log],
  })
  child.unref()
  return child
}

export function engineLog(): { file: string; lastLine: string } {
  return { file: logFile, lastLine: read(logFile).trim().split('\n').at(-1) ?? '' }
}

/** Ends the engine that the lab started, and no other. */
export async function stopEngine(): Promise<boolean> {
  const pid = enginePid()
  if (pid === undefined) return false
  process.kill(pid, 'SIGTERM')
  for (let waitedMs = 0; enginePid() !== undefined; waitedMs += 200) {
    if (waitedMs > 30_000) throw new LabError(`the lab's Docker engine (pid ${pid}) does not end: see ${logFile}`)
    await sleep(200)
  }
  return true
}

/** The pid of the lab's own engine while it runs; a pid file alone proves nothing after a kill or a reboot. */
export function enginePid(): number | undefined {
  const pid = Number(read(pidFile))
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const command = commandOf(pid)
  return command[0]?.endsWith('dockerd') && command.includes(folders.engine) ? pid : undefined
}

/** Killed, not ended: an engine that ends takes its pid file along. Its hosts may be running still. */
export function engineWasKilled(): boolean {
  return existsSync(pidFile) && enginePid() === undefined
}

function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
