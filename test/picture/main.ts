import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labHost, labReset, labUp, stateFiles, type NodeName } from '../lab/lab.ts'
import { newestRelease } from '../lab/releases/prepare.ts'
import { startReleaseServer } from '../lab/releases/server.ts'
import { svgOf, type Frame } from './svg.ts'
import { openTerminal, type Shot } from './terminal.ts'

// README's picture anew, from a run on the lab's hosts: `npm run picture`, with tmux installed.
const root = join(import.meta.dirname, '../..')
const [columns, rows] = [92, 28]

const hosts: NodeName[] = ['node1', 'node2', 'node3']
await labUp({ hosts: hosts.length })
await labReset(hosts)
const { version } = await newestRelease()
const server = await startReleaseServer()

const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-picture-'))
const bin = join(folder, 'bin')
mkdirSync(bin)
const inventory = {
  cluster: 'prod',
  version,
  nodes: Object.fromEntries(hosts.map((name) => [name, { address: labHost(name).address }])),
  ssh: { user: 'deploy', key: stateFiles.key, knownHosts: stateFiles.knownHosts },
  binaries: { mirror: server.mirror },
}
writeFileSync(join(folder, 'inventory.ts'), `export default ${JSON.stringify(inventory)}\n`)
const start = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/etcd-deploy.js')}' "$@"\n`
writeFileSync(join(bin, 'etcd-deploy'), start, { mode: 0o755 })

const terminal = await openTerminal(columns, rows, folder, `${bin}:/usr/bin:/bin`)
try {
  const up = framesOf(await terminal.watch('etcd-deploy up inventory.ts'), 3)
  const status = framesOf(await terminal.watch('etcd-deploy status'), 7)
  const picture = svgOf([...up, ...status], columns, 'etcd-deploy up on three hosts, then its status')
  writeFileSync(join(root, 'docs/up.svg'), picture)
} finally {
  await terminal.close()
  await server.close()
  rmSync(folder, { recursive: true })
}

/** Few enough for a page to load, at the speed of the run unless that was slow; the end is held so long that it can be read. */
function framesOf(shots: readonly Shot[], holdSeconds: number): Frame[] {
  const [first, last] = [shots[0]?.atMs ?? 0, shots.at(-1)]
  const apartMs = Math.max(500, ((last?.atMs ?? 0) - first) / 15)
  const chosen: Shot[] = []
  for (const shot of shots)
    if (shot === last || shot.atMs - (chosen.at(-1)?.atMs ?? -Infinity) >= apartMs) chosen.push(shot)
  return chosen.map(({ lines, atMs }, index) => {
    const next = chosen[index + 1]
    return { lines, seconds: next === undefined ? holdSeconds : Math.min(0.8, (next.atMs - atMs) / 1000) }
  })
}
