import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import type { Tls } from '../inventory/model.ts'
import { refuseUnsafe } from './access.ts'
import { makeCa } from './ca.ts'
import { makeCrl } from './crl.ts'
import { caFiles, clusterFolder, crlFile, load, loadCa, loadCrl, loadLeaf, stateFile } from './files.ts'
import { hasCode, publish, sync } from './publish.ts'
import { firstState, leafKey, newestLeaves, readState } from './state.ts'
import type { State } from './state.ts'
import { PkiStore, stateText } from './store.ts'

/** Undefined: there is none of this cluster. Refuses a folder that is not its owner's alone. */
export async function openPki(dir: string, cluster: string): Promise<PkiStore | undefined> {
  const folder = clusterFolder(dir, cluster)
  await refuseUnsafe(resolve(dir), folder)
  const revisions = (await list(folder)).filter((entry) => /^\d+$/.test(entry)).map(Number)
  if (revisions.length === 0) return undefined
  const path = join(folder, String(Math.max(...revisions)), stateFile)
  return read(folder, readState(await load(path), path, cluster))
}

/** Makes the first CA and an empty revocation list. Whether that is permitted is for the caller to know. */
export async function createPki(
  dir: string,
  cluster: string,
  tls: Pick<Tls, 'key' | 'subject' | 'caYears' | 'leafDays'>,
  notBefore: Date,
): Promise<PkiStore> {
  const folder = clusterFolder(dir, cluster)
  await refuseUnsafe(dirname(folder), folder)
  await makeRoot(dirname(folder))
  const { key, subject, caYears: years } = tls
  const ca = await makeCa({ cluster, generation: 1, key, subject, notBefore, years })
  const nextUpdate = new Date(notBefore.getTime() + tls.leafDays * 86_400_000)
  const crl = await makeCrl(ca, { revoked: [], thisUpdate: notBefore, nextUpdate, number: 1 })
  const state = firstState(cluster)
  const files = { ...caFiles(ca), [crlFile]: crl, [stateFile]: stateText(state) }
  const first = Object.fromEntries(Object.entries(files).map(([path, content]) => [join('1', path), content]))
  if ((await publish(dirname(folder), basename(folder), first)) === 'taken') {
    throw new DeployError({ message: `${folder} is there already: no second CA is made`, exitCode: exitCode.refused })
  }
  return read(folder, state)
}

async function read(folder: string, state: State): Promise<PkiStore> {
  const { current, next } = state.ca
  const generations = [current, ...(next === undefined ? [] : [next])]
  const [authorities, leaves, crl] = await Promise.all([
    Promise.all(state.authorities.map(async (ca) => ({ ...ca, certificate: await loadCa(folder, ca.revision) }))),
    Promise.all(newestLeaves(state, generations).map(async (leaf) => ({ ...leaf, ...(await loadLeaf(folder, leaf)) }))),
    loadCrl(folder, state.crl),
  ])
  const byGeneration = new Map(authorities.map((ca) => [ca.generation, ca]))
  const byKey = new Map(leaves.map((leaf) => [leafKey(leaf), leaf]))
  return new PkiStore(folder, { state, authorities: byGeneration, leaves: byKey, crl })
}

/** Git never sees what is in it, whatever repository it lies in. */
async function makeRoot(root: string): Promise<void> {
  const made = await mkdir(root, { recursive: true, mode: 0o700 })
  if (made !== undefined) await sync(dirname(made))
  const ignored = await readFile(join(root, '.gitignore'), 'utf8').catch(absent)
  if (!ignored) await writeFile(join(root, '.gitignore'), '*\n', { mode: 0o600 })
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}

function absent(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
}
