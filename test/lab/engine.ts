import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianMissing } from './debian.ts'
import { composeProgram, engineAnswers } from './docker.ts'
import { folders } from './folders.ts'
import { LabError, mustRun } from './process.ts'

const pidFile = join(folders.engine, 'dockerd.pid')
const containerdPidFile = '/var/run/docker/containerd/containerd.pid'
const logFile = join(folders.engine, 'dockerd.log')
const packages = ['docker.io', 'docker-compose', 'iptables', 'iproute2']

/** What has to be done before an engine answers, in words to ask with; undefined where one does. */
export async function engineNeeds(): Promise<string | undefined> {
  if (await engineAnswers()) return (await composeProgram()) === undefined ? wordsFor(install()) : undefined
  return wordsFor(install())
}

/** Uses the engine that is there; else, on Debian as root, installs what is missing and starts one of the lab's own. */
export async function ensureEngine(say: (line: string) => void): Promise<void> {
  if ((await engineNeeds()) === undefined) return
  const missing = install()
  if (missing.length > 0) {
    say(`installing ${missing.join(', ')}`)
    await mustRun('apt-get', ['update'])
    await mustRun('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { timeoutMs: 600_000 })
  }
  // Where systemd runs, the package starts an engine itself; and one of the lab's own may be starting still.
  const packaged = missing.length > 0 && existsSync('/run/systemd/system')
  if ((packaged || enginePid() !== undefined) && (await answersWithin(15_000))) return
  say('starting a Docker engine for the lab')
  const engine = startEngine()
  if (await answersWithin(60_000, engine)) return
  const last = read(logFile).trim().split('\n').at(-1)
  throw new LabError(`the Docker engine did not start: ${last}\n(${logFile})`)
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

function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0')
}

function install(): string[] {
  const missing = debianMissing() ?? (process.getuid?.() === 0 ? undefined : 'only root can start one')
  if (missing !== undefined) {
    throw new LabError(
      `No Docker engine answers, and the lab can't start one here (${missing}): install or start Docker with Compose.`,
    )
  }
  const have = (program: string) => ['/usr/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, program)))
  const programs: Record<string, string> = { 'docker.io': 'dockerd', iproute2: 'ip' }
  return packages.filter((name) => !have(programs[name] ?? name))
}

function wordsFor(missing: string[]): string {
  return missing.length > 0
    ? `install ${missing.join(', ')} with apt-get and start a Docker engine`
    : 'start a Docker engine'
}

function startEngine(): ChildProcess {
  mkdirSync(folders.engine, { recursive: true, mode: 0o711 })
  // After a kill these pids may belong to something else by now, and dockerd would take that for an engine.
  if (enginePid() === undefined) rmSync(pidFile, { force: true })
  if (!commandOf(Number(read(containerdPidFile)))[0]?.endsWith('containerd')) rmSync(containerdPidFile, { force: true })
  const log = openSync(logFile, 'a')
  const folder = ['--data-root', folders.engine, '--pidfile', pidFile]
  // The lab needs no NAT and no default bridge: the machine's own network stays untouched.
  const child = spawn('dockerd', ['--iptables=false', '--ip6tables=false', '--bridge=none', ...folder], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  child.unref()
  return child
}

async function answersWithin(timeoutMs: number, engine?: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline && (engine?.exitCode ?? null) === null) {
    if (await engineAnswers()) return true
    await sleep(200)
  }
  return false
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
