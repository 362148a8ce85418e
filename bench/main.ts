import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { getBinaries } from '../src/binaries/binaries.ts'
import type { RunEvent } from '../src/engine/events.ts'
import { labHost, labReset, labUp, stateFiles } from '../test/lab/lab.ts'
import { newestRelease } from '../test/lab/releases/prepare.ts'
import { startReleaseServer } from '../test/lab/releases/server.ts'
import { median, spread } from './median.ts'

// Ratios in one run, interleaved, on the same hosts with the same binaries: seconds alone say more of the machine than of the tool.
const rounds = Number(process.env['ROUNDS'] ?? 5)
const names = ['node1', 'node2', 'node3'] as const
const root = resolve(import.meta.dirname, '..')

const work = await mkdtemp(join(tmpdir(), 'etcd-bench-'))
await labUp({ hosts: names.length })
const { version } = await newestRelease()
const server = await startReleaseServer()
const signal = AbortSignal.timeout(600_000)
const binaries = await getBinaries({ source: { kind: 'mirror', url: server.mirror }, version, arch: 'amd64', signal })
if (binaries.kind !== 'files') throw new Error('no binaries')
const binaryFolder = resolve(binaries.files.etcd.path, '..')

const ours: number[] = []
const peers: number[] = []
const again: number[] = []
const connects: number[] = []
let cost: { fresh?: RunSummary; again?: RunSummary } = {}

for (let round = 0; round < rounds; round++) {
  await labReset([...names])
  peers.push(await timed(() => peer(join(work, `peer-${round}`))))
  await labReset([...names])
  const folder = join(work, `ours-${round}`)
  const inventory = await writeInventory(folder)
  let fresh: RunSummary | undefined
  ours.push(await timed(async () => (fresh = await up(inventory))))
  for (let repeat = 0; repeat < 3; repeat++) {
    let rerun: RunSummary | undefined
    again.push(await timed(async () => (rerun = await up(inventory))))
    connects.push(await timed(sshTrue))
    cost = { ...(fresh && { fresh }), ...(rerun && { again: rerun }) }
  }
}
await server.close()
await rm(work, { recursive: true, force: true })

report()

type RunSummary = Extract<RunEvent, { type: 'run-end' }>['summary']

function report(): void {
  const rows = [
    ['fresh up of three hosts', ours, 'tuned shell script', peers, 1.2],
    ['up with nothing to change', again, 'ssh HOST true on all at once', connects, 2.5],
  ] as const
  process.stdout.write(`etcd ${version}, ${rounds} rounds, medians (spread)\n`)
  for (const [what, seconds, against, others, target] of rows) {
    const ratio = median(seconds) / median(others)
    const verdict = ratio <= target ? 'within' : 'ABOVE'
    process.stdout.write(
      `${what}: ${show(seconds)}; ${against}: ${show(others)}; ratio ${ratio.toFixed(2)}, ${verdict} the target of ${target}\n`,
    )
  }
  for (const [what, summary] of Object.entries(cost)) {
    for (const name of names)
      process.stdout.write(
        `${what} ${name}: ${summary.commands[name]} commands, ${summary.bytesSent[name]} bytes sent\n`,
      )
  }
}

function show(seconds: readonly number[]): string {
  return `${median(seconds).toFixed(2)} s (${spread(seconds)
    .map((each) => each.toFixed(2))
    .join('–')})`
}

async function writeInventory(folder: string): Promise<string> {
  const nodes = Object.fromEntries(names.map((name) => [name, { address: labHost(name).address }]))
  const ssh = { user: 'root', key: stateFiles.key, knownHosts: stateFiles.knownHosts, config: false }
  const inventory = { cluster: 'bench', version, nodes, ssh, binaries: { mirror: server.mirror } }
  await import('node:fs/promises').then(({ mkdir }) => mkdir(folder, { recursive: true }))
  const path = join(folder, 'inventory.mjs')
  await writeFile(path, `export default ${JSON.stringify(inventory, undefined, 2)}\n`)
  return path
}

async function up(inventory: string): Promise<RunSummary> {
  const output = await run(process.execPath, [join(root, 'bin/etcd-deploy.js'), 'up', inventory, '--json'])
  const events = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)
  const end = events.find((event) => event.type === 'run-end')
  if (end === undefined) throw new Error('the run did not end')
  return end.summary
}

async function peer(folder: string): Promise<void> {
  const members = names.map((name) => `${name}=${labHost(name).address}`)
  await run('bash', [
    join(root, 'bench/peer.sh'),
    folder,
    stateFiles.key,
    stateFiles.knownHosts,
    binaryFolder,
    ...members,
  ])
}

async function sshTrue(): Promise<void> {
  const options = ['-i', stateFiles.key, '-o', `UserKnownHostsFile=${stateFiles.knownHosts}`, '-o', 'BatchMode=yes']
  await Promise.all(names.map((name) => run('ssh', [...options, `root@${labHost(name).address}`, 'true'])))
}

async function timed(work_: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work_()
  return (performance.now() - begun) / 1000
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((fulfil, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('close', (code) =>
      code === 0
        ? fulfil(output)
        : reject(new Error(`${command} ${args[0]} ended with ${code}: ${errors}${output.slice(-2000)}`)),
    )
  })
}
