import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { engineNeeds } from './engine.ts'
import { cache } from './folders.ts'
import { labDown, labReset, labUp, stateFiles } from './lab.ts'
import { enginePid, engineWasKilled } from './own-engine.ts'
import { LabError } from './process.ts'
import { newestRelease } from './releases/prepare.ts'
import { releasePort, startReleaseServer } from './releases/server.ts'
import { tellError } from './told-errors.ts'

const usage = `npm run demo [-- --yes]     three hosts, and a secured etcd cluster on them
npm run demo -- --down     take it all away`

const next = `
What to try next:
  npx etcd-deploy status inventory.example.ts
  npm run lab -- ssh node1 sudo etcdctl endpoint health --cluster
  edit \`settings\` in inventory.example.ts, then: npx etcd-deploy plan inventory.example.ts
  npx etcd-deploy up inventory.example.ts       again: it changes what differs, one member at a time
  npm run demo -- --down                        take it all away`

async function demo(yes: boolean): Promise<number> {
  await agreeToEngine(yes)
  const made = await labUp({ hosts: 3, say })
  // Without pki/ what these hosts hold is not this demo's cluster but the remains of tests.
  if (made.length < 3 && !existsSync(stateFiles.pki)) await labReset(['node1', 'node2', 'node3'])
  const { version } = await newestRelease(say)
  writeFileSync(stateFiles.version, `${version}\n`)
  const server = await startReleaseServer(releasePort)
  try {
    const code = await etcdDeploy(['up', 'inventory.example.ts', ...(yes ? ['--yes'] : [])])
    if (code !== 0) return code
  } finally {
    await server.close()
  }
  const code = await etcdDeploy(['status', 'inventory.example.ts'])
  if (code === 0) console.log(next)
  return code
}

async function down(): Promise<number> {
  const own = enginePid() !== undefined || engineWasKilled()
  await labDown({ engine: true, say })
  console.log(
    `The hosts${own ? ' and the Docker engine that the demo started' : ''} are gone; downloads stay in ${cache}`,
  )
  return 0
}

/** Installing and starting an engine changes the machine: asked first on a terminal, said aloud otherwise. */
async function agreeToEngine(yes: boolean): Promise<void> {
  const needs = await engineNeeds()
  if (needs === undefined) return
  if (yes || !process.stdin.isTTY || !process.stdout.isTTY) {
    say(`No Docker engine answers: the demo will ${needs}; npm run demo -- --down ends it again`)
    return
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`No Docker engine answers. May the demo ${needs}? [Y/n] `)
  terminal.close()
  if (!/^(y|yes|)$/i.test(answer.trim()))
    throw new LabError('The demo needs a Docker engine: start one, then run it again.')
}

function etcdDeploy(args: string[]): Promise<number> {
  say(`$ etcd-deploy ${args.join(' ')}`)
  const bin = join(import.meta.dirname, '../../bin/etcd-deploy.js')
  // It hears Ctrl-C too and ends tidily; its exit code then ends the demo.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGINT', ignore)
      resolve(code ?? 130)
    })
  })
}

function say(line: string): void {
  console.log(line)
}

try {
  const { values } = parseArgs({
    options: { down: { type: 'boolean' }, yes: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) console.log(usage)
  else process.exitCode = await (values.down ? down() : demo(values.yes ?? false))
} catch (error) {
  process.exitCode = tellError(error, usage)
}
