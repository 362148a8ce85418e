import { setTimeout as sleep } from 'node:timers/promises'
import { compose, containers, docker, engineAnswers } from './docker.ts'
import { ensureEngine } from './engine.ts'
import { allHosts, labHost, network, nodes, type HostName } from './hosts.ts'
import { ensureImage } from './image.ts'
import { clearLeftovers } from './leftovers.ts'
import { onHost } from './on-host.ts'
import { engineWasKilled, stopEngine } from './own-engine.ts'
import { LabError } from './process.ts'
import { ensureState, forgetClusters } from './state.ts'

export { allHosts, isHostName, labHost, nodes, type HostName, type LabHost, type NodeName } from './hosts.ts'
export { stateFiles } from './state.ts'
export { hostOutput, onHost } from './on-host.ts'
export { cutPort, healPorts, killHost, pauseHost, startHost, unpauseHost } from './faults.ts'

type Say = (line: string) => void

export interface UpOptions {
  hosts?: number
  /** The bastion comes with node7, which needs it; also beside fewer hosts when asked for. */
  bastion?: boolean
  say?: Say
}

/** These hosts started and ready to log in, those that run left as they are; answers the ones that it made. */
export async function labUp({ hosts = 3, bastion = hosts === nodes.length, say = () => {} }: UpOptions = {}): Promise<
  HostName[]
> {
  const names: HostName[] = [...nodes.slice(0, hosts), ...(bastion ? ['bastion' as const] : [])]
  await ensureEngine(say)
  ensureState()
  const image = await ensureImage(say)
  await clearLeftovers(say)
  const before = await existing()
  // A host on an older image would lose its disk under a cluster that pki/ remembers.
  const outdated = await onOtherImage(before, image)
  await remove(outdated)
  const made = names.filter((name) => !before.includes(name) || outdated.includes(name))
  await start(names, image, made)
  return made
}

/** Hosts as new, those that exist unless some are named; what was formed on them is forgotten here too. */
export async function labReset(names?: HostName[]): Promise<HostName[]> {
  ensureState()
  const wanted = names ?? (await existing())
  if (wanted.length === 0) throw new LabError('the lab is not up: npm run lab -- up')
  await remove(wanted)
  await start(wanted, await ensureImage(() => {}), wanted)
  return wanted
}

/** Hosts and network gone; the image, the keys and the releases stay cached. */
export async function labDown({ engine = false, say = () => {} }: { engine?: boolean; say?: Say } = {}): Promise<void> {
  if (engineWasKilled()) await ensureEngine(say)
  if (await engineAnswers()) {
    await remove(await existing())
    await docker(['network', 'rm', network.name])
  }
  forgetClusters()
  if (!engine) return
  const others = (await docker(['ps', '-q'])).stdout.split('\n').filter((line) => line !== '').length
  if (others > 0) say(`The Docker engine stays: ${others} containers of somebody else run on it`)
  else await stopEngine()
}

export async function labStatus(): Promise<{ host: HostName; state: string; systemd: string }[]> {
  const states = await containers()
  const present = allHosts.filter((name) => states.has(labHost(name).container))
  return Promise.all(
    present.map(async (host) => {
      const systemd = await onHost(host, 'systemctl is-system-running')
      return { host, state: states.get(labHost(host).container) ?? '', systemd: systemd.stdout.trim() }
    }),
  )
}

async function existing(): Promise<HostName[]> {
  const present = await containers()
  return allHosts.filter((name) => present.has(labHost(name).container))
}

async function remove(names: HostName[]): Promise<void> {
  if (names.length === 0) return
  const { code, stderr } = await docker(['rm', '-f', '-v', ...names.map((name) => labHost(name).container)])
  if (code !== 0) throw new LabError(stderr.trim())
  // Any of the hosts that inventory.example.ts names.
  if (names.some((name) => ['node1', 'node2', 'node3'].includes(name))) forgetClusters()
}

async function start(names: HostName[], image: string, made: HostName[]): Promise<void> {
  const states = await containers()
  const stateOf = (name: HostName) => states.get(labHost(name).container)
  const paused = names.filter((name) => stateOf(name) === 'paused')
  if (paused.length > 0) await docker(['unpause', ...paused.map((name) => labHost(name).container)])
  const stopped = names.filter((name) => !['running', 'paused'].includes(stateOf(name) ?? ''))
  if (stopped.length > 0) await compose(['up', '-d', '--no-recreate', ...stopped], image)
  await Promise.all(names.map((name) => untilReady(name, made.includes(name))))
}

async function onOtherImage(names: HostName[], image: string): Promise<HostName[]> {
  if (names.length === 0) return []
  const { stdout } = await docker([
    'inspect',
    '-f',
    '{{.Config.Image}}',
    ...names.map((name) => labHost(name).container),
  ])
  const images = stdout.trim().split('\n')
  return names.filter((_, index) => images[index] !== image)
}

/** Booted and sshd listening; a new host also settled: one that is used may hold an etcd that waits for quorum. */
async function untilReady(name: HostName, isNew: boolean): Promise<void> {
  const deadline = Date.now() + 60_000
  const ready = [
    'systemctl is-active ssh lab-boot',
    'ss -ltn sport = 22 | grep -q :22',
    ...(isNew ? ['{ systemctl list-jobs; ! systemctl is-system-running | grep -q starting; }'] : []),
  ].join(' && ')
  for (;;) {
    const { code, stdout, stderr } = await onHost(name, ready)
    if (code === 0) return
    if (Date.now() > deadline) throw new LabError(`${name} did not start within 60 s: ${(stdout + stderr).trim()}`)
    await sleep(100)
  }
}
