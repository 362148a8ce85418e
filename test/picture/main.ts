import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labReset, labUp, stateFiles } from '../lab/lab.ts'
import { newestRelease } from '../lab/releases/prepare.ts'
import { releasePort, startReleaseServer } from '../lab/releases/server.ts'
import { svgOf, type Frame } from './svg.ts'
import { openTerminal, type Shot } from './terminal.ts'

// README's picture anew, from a run on the lab's hosts: `node test/picture/main.ts`, with tmux installed.
const root = join(import.meta.dirname, '../..')
const [columns, rows] = [92, 28]

await labUp({ hosts: 3 })
await labReset(['node1', 'node2', 'node3'])
const { version } = await newestRelease()
writeFileSync(stateFiles.version, `${version}\n`)

const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-picture-'))
const bin = join(folder, 'bin')
mkdirSync(bin)
symlinkSync(join(root, 'inventory.example.ts'), join(folder, 'inventory.ts'))
const start = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/etcd-deploy.js')}' "$@"\n`
writeFileSync(join(bin, 'etcd-deploy'), start, { mode: 0o755 })

const server = await startReleaseServer(releasePort)
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

/** Few enough for a page to load, at the speed of the run; the end is held so long that it can be read. */
function framesOf(shots: readonly Shot[], holdSeconds: number): Frame[] {
  const chosen: Shot[] = []
  for (const shot of shots) if (shot.atMs - (chosen.at(-1)?.atMs ?? 0) >= 600) chosen.push(shot)
  const last = shots.at(-1)
  if (last !== undefined && chosen.at(-1) !== last) chosen.push(last)
  return chosen.map(({ lines, atMs }, index) => {
    const next = chosen[index + 1]
    return { lines, seconds: next === undefined ? holdSeconds : (next.atMs - atMs) / 1000 }
  })
}
