import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianMissing } from './debian.ts'
import { composeProgram, engineAnswers } from './docker.ts'
import { engineLog, enginePid, startEngine } from './own-engine.ts'
import { LabError, mustRun } from './process.ts'

/** What has to be done before an engine answers, in words to ask with; undefined where one does. */
export async function engineNeeds(): Promise<string | undefined> {
  const steps = await engineSteps()
  const words = [
    ...(steps.install.length > 0 ? [`install ${steps.install.join(', ')} with apt-get`] : []),
    ...(steps.start ? ['start a Docker engine'] : []),
  ]
  return words.length > 0 ? words.join(' and ') : undefined
}

/** Uses the engine that is there; else, on Debian as root, installs what is missing and starts one of the lab's own. */
export async function ensureEngine(say: (line: string) => void): Promise<void> {
  const { install, start } = await engineSteps()
  if (install.length > 0) {
    say(`installing ${install.join(', ')}`)
    await mustRun('apt-get', ['update'])
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await mustRun('apt-get', ['install', '-y', '--no-install-recommends', ...install], { env, timeoutMs: 600_000 })
  }
  if (!start) return
  // Where systemd runs, the package starts an engine itself; and one of the lab's own may be starting still.
  const packaged = install.length > 0 && existsSync('/run/systemd/system')
  if ((packaged || enginePid() !== undefined) && (await answersWithin(15_000))) return
  say('starting a Docker engine for the lab')
  const engine = startEngine()
  if (await answersWithin(60_000, engine)) return
  const { file, lastLine } = engineLog()
  throw new LabError(`the Docker engine did not start: ${lastLine}\n(${file})`)
}

async function engineSteps(): Promise<{ install: string[]; start: boolean }> {
  const start = !(await engineAnswers())
  const compose = (await composeProgram()) !== undefined
  if (!start && compose) return { install: [], start }
  const why = debianMissing() ?? (process.getuid?.() === 0 ? undefined : 'only root can')
  if (why !== undefined) {
    const missing = start
      ? 'No Docker engine answers: start or install Docker'
      : 'Docker Compose is missing: install it'
    throw new LabError(`${missing} (the lab can't do that here: ${why})`)
  }
  const have = (program: string) => ['/usr/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, program)))
  const wanted = {
    'docker.io': have('dockerd') || !start,
    'docker-compose': compose,
    iptables: have('iptables'),
    iproute2: have('ip'),
  }
  return { install: Object.keys(wanted).filter((name) => !wanted[name as keyof typeof wanted]), start }
}

async function answersWithin(timeoutMs: number, engine?: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline && (engine?.exitCode ?? null) === null) {
    if (await engineAnswers()) return true
    await sleep(200)
  }
  return false
}
