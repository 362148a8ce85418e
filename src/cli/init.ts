import { lstat, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { DeployError, exitCode, together, type ExitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { examineInventory, refusal } from '../inventory/resolve.ts'
import { sourceText } from '../inventory/source-text.ts'
import { tryInventory } from '../inventory/trial.ts'
import { createAsk } from '../ui/ask.ts'
import { cleanLine } from '../ui/text.ts'
import { answering } from './answering.ts'
import { answersOf, type InitOptions, type Raw } from './init-answers.ts'
import { onInterrupt } from './interruption.ts'
import { givenFlags } from './options.ts'
import { addOwnDependency, type OwnDependency } from './own-dependency.ts'
import { secretReader } from './secrets.ts'
import { wordFailure } from './tell-failure.ts'
import { tryHosts, type TriedHost, type Trying } from './try-hosts.ts'

/** Writes an inventory that works: asked for or told by flags, its hosts tried, and read again before it counts. */
export function init(options: InitOptions, version: string): Promise<ExitCode> {
  return answering(options, async () => {
    const file = resolve(options.inventory ?? 'inventory.ts')
    await refusePlace(file)
    const interruption = new AbortController()
    const stopListening = onInterrupt(interruption)
    const { signal } = interruption
    const ask = createAsk({ given: givenFlags(options), signal, aside: (work) => work() })
    const tell = (line: string): void => void process.stderr.write(`${cleanLine(line)}\n`)
    const isAttended = process.stdin.isTTY && process.stderr.isTTY
    const examined = (raw: Raw) => examineInventory(raw, { file, connects: options.try !== false })
    const raw = await answersOf(options, {
      file,
      ask: isAttended ? ask : undefined,
      problemsOf: (some) => {
        const found = examined(some)
        return found.kind === 'wrong' ? found.problems : []
      },
      tell,
    })
    const found = examined(raw)
    if (found.kind === 'wrong') throw refusal(file, found.problems, () => undefined)
    const { cluster } = found
    for (const warning of cluster.warnings) tell(`! ${warning}`)
    const trying = { options, ask, reveal: secretReader(ask), signal, tell }
    const hosts = options.try === false ? undefined : await tried(cluster, trying, isAttended)
    await write(file, raw, cluster)
    const dependency = await addOwnDependency(dirname(file), version)
    stopListening()
    if (options.json === true) process.stdout.write(`${JSON.stringify(initJson(cluster, hosts, dependency))}\n`)
    else for (const line of outcome(file, dependency)) tell(line)
    return exitCode.done
  })
}

async function refusePlace(file: string): Promise<void> {
  const usage = (message: string, next: string) => new DeployError({ message, next, exitCode: exitCode.usage })
  if (!/\.m?[jt]s$/.test(file))
    throw usage(`${file} can be no inventory`, 'call it inventory.ts, or another name with .ts')
  if ((await lstat(file).catch(() => undefined)) !== undefined)
    throw usage(`${file} is there already, and is not written over`, 'name another file, or edit this one')
  const folder = await stat(dirname(file)).catch(() => undefined)
  if (folder?.isDirectory() !== true) throw usage(`there is no folder ${dirname(file)}`, 'make it first')
}

/** With a host that is not ready nothing is written, unless a person says so. */
async function tried(cluster: Cluster, trying: Trying, isAttended: boolean): Promise<TriedHost[]> {
  const { ready, problems } = await tryHosts(cluster, trying)
  for (const { host, where, architecture, systemd } of ready)
    trying.tell(`✔ ${host} (${where}): root there, ${architecture}, systemd ${systemd}`)
  if (problems.length === 0) return ready
  const failure = together(problems, `${problems.length} of ${cluster.nodes.length} hosts are not ready`)
  if (!isAttended) {
    trying.tell('nothing was written; --no-try writes the inventory all the same')
    throw failure
  }
  await wordFailure(failure)
  if (await trying.ask.confirm('Write the inventory all the same?', '--no-try')) return ready
  throw new DeployError({ message: 'nothing was written', exitCode: exitCode.refused })
}

/** Read from a file beside it first: what it comes to must be what was tried. */
async function write(file: string, raw: Raw, cluster: Cluster): Promise<void> {
  const text = `import { defineInventory } from 'etcd-deploy'

// \`etcd-deploy inventory\` shows what it comes to with all defaults, \`etcd-deploy plan\` what \`up\` would do.
export default defineInventory(${sourceText(raw)})
`
  const read = await tryInventory(file, text)
  if ('why' in read || !isDeepStrictEqual(read.cluster, cluster))
    throw new DeployError({
      message: 'the inventory is not read as it was meant: nothing was written',
      tried: text,
      answered: 'why' in read ? read.why : JSON.stringify(read.cluster),
    })
  await writeFile(file, text, { flag: 'wx' })
}

function outcome(file: string, { kind, file: packageFile, line }: OwnDependency): string[] {
  const named = basename(file) === 'inventory.ts' ? '' : ` -i ${basename(file)}`
  const editor = {
    there: [],
    written: [`${packageFile}: written; npm install there lets your editor complete the inventory`, ignored],
    lacking: [`your editor completes the inventory once ${packageFile} has ${line} and npm install was run`, ignored],
  }[kind]
  return [`✔ ${file}: written`, ...editor, `next: etcd-deploy plan${named}, then etcd-deploy up${named}`]
}

const ignored =
  'in git: node_modules/ belongs into .gitignore; pki/ and .etcd-deploy/, which come beside it, ignore themselves'

function initJson(
  { file, name }: Cluster,
  hosts: TriedHost[] | undefined,
  { kind, file: path }: OwnDependency,
): object {
  return { v: 1, type: 'init', cluster: name, file, hosts: hosts ?? null, package: { file: path, etcdDeploy: kind } }
}
