import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import type { Tls } from '../inventory/model.ts'
import { refuseUnsafe } from './access.ts'
import { closeCaKey } from './ca-key.ts'
import type { Passphrase } from './ca-key.ts'
import { makeCa } from './ca.ts'
import type { KeyPair } from './ca.ts'
import { leavesOf } from './contents.ts'
import { makeCrl } from './crl.ts'
import { caFiles, clusterFolder, crlFile, load, loadCa, loadCrl, stateFile } from './files.ts'
import { hasCode, publish, sync } from './publish.ts'
import { withRevoked } from './revocations.ts'
import { firstState, readState } from './state.ts'
import type { Revocation, State } from './state.ts'
import { PkiStore, stateText } from './store.ts'
import type { CrlTimes } from './store.ts'

/** Undefined: there is none of this cluster. Refuses a folder that is not its owner's alone. */
export async function openPki(dir: string, cluster: string, passphrase?: Passphrase): Promise<PkiStore | undefined> {
  const folder = clusterFolder(dir, cluster)
  await refuseUnsafe(resolve(dir), folder)
  const revisions = (await list(folder)).filter((entry) => /^\d+$/.test(entry)).map(Number)
  if (revisions.length === 0) return undefined
  const path = join(folder, String(Math.max(...revisions)), stateFile)
  return read(folder, readState(await load(path), path, cluster), passphrase)
}

/** Makes the first CA and an empty revocation list. Whether that is permitted is for the caller to know. */
export async function createPki(
  dir: string,
  cluster: string,
  tls: Pick<Tls, 'key' | 'subject' | 'caYears' | 'leafDays'>,
  notBefore: Date,
  passphrase?: Passphrase,
): Promise<PkiStore> {
  const { key, subject, caYears: years } = tls
  const ca = (): Promise<KeyPair> => makeCa({ cluster, generation: 1, key, subject, notBefore, years })
  const nextUpdate = new Date(notBefore.getTime() + tls.leafDays * 86_400_000)
  return create(dir, ca, firstState(cluster), { thisUpdate: notBefore, nextUpdate }, passphrase)
}

/** Begins with a CA made elsewhere, and with what was revoked there. */
export async function createPkiFrom(
  dir: string,
  cluster: string,
  { ca, revoked }: { ca: KeyPair; revoked: readonly Revocation[] },
  times: CrlTimes,
  passphrase?: Passphrase,
): Promise<PkiStore> {
  const state = firstState(cluster, { imported: true })
  return create(dir, async () => ca, withRevoked(state, revoked) ?? state, times, passphrase)
}

async function create(
  dir: string,
  makeFirst: () => Promise<KeyPair>,
  state: State,
  times: CrlTimes,
  passphrase: Passphrase | undefined,
): Promise<PkiStore> {
  const folder = clusterFolder(dir, state.cluster)
  await refuseUnsafe(dirname(folder), folder)
  await makeRoot(dirname(folder))
  const ca = await makeFirst()
  const key = await closeCaKey({ folder, revisions: [], passphrase }, ca.key)
  const revoked = state.revoked.map((each) => ({ ...each, revokedAt: new Date(each.revokedAt) }))
  const crl = await makeCrl(ca, { ...times, revoked, number: 1 })
  const files = { ...caFiles({ ...ca, key }), [crlFile]: crl, [stateFile]: stateText(state) }
  const first = Object.fromEntries(Object.entries(files).map(([path, content]) => [join('1', path), content]))
  if ((await publish(dirname(folder), basename(folder), first)) === 'taken') {
    throw new DeployError({ message: `${folder} is there already: no second CA is made`, exitCode: exitCode.refused })
  }
  return read(folder, state, passphrase)
}

async function read(folder: string, state: State, passphrase: Passphrase | undefined): Promise<PkiStore> {
  const [authorities, leaves, crl] = await Promise.all([
    Promise.all(state.authorities.map(async (ca) => ({ ...ca, certificate: await loadCa(folder, ca.revision) }))),
    leavesOf(folder, state),
    loadCrl(folder, state.crl),
  ])
  const byGeneration = new Map(authorities.map((ca) => [ca.generation, ca]))
  return new PkiStore(folder, { state, authorities: byGeneration, leaves, crl }, passphrase)
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
