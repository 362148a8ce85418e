import { join, resolve } from 'node:path'
import { clientRequest } from '../certs/client-request.ts'
import { handoutFiles } from '../certs/handout.ts'
import { strangeFiles } from '../certs/strange-files.ts'
import { writeFiles } from '../certs/write-files.ts'
import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { backdated } from '../pki/backdated.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { daysOption } from './certs-options.ts'
import { locally, needStore, type LocalSession } from './certs-session.ts'
import type { CommonOptions } from './options.ts'

export interface IssueOptions extends CommonOptions {
  cn?: string
  org?: string
  san?: string[]
  days?: string
  out?: string
}

export function certsIssue(name: string, options: IssueOptions): Promise<ExitCode> {
  return locally(options, async (session) => {
    const { cluster, tell } = session
    refuseName(name)
    const store = needStore(session)
    const days = daysOption(options.days, '--days', 1)
    const { cn, org, san } = options
    const wishes = { ...(cn && { cn }), ...(org && { org }), ...(san && { san }), ...(days && { days }) }
    const notBefore = backdated(Date.now())
    const before = newestOf(store, name)?.certificate
    const request = clientRequest(cluster, name, wishes, { before, notBefore })
    const folder = resolve(options.out ?? name)
    await askAboutStrangers(session, store, folder, name)
    const [leaf] = await store.issue([request])
    if (leaf === undefined) throw new Error('nothing was issued')
    await writeHandout(store, leaf, folder)
    const until = leaf.certificate.notAfter.toISOString().slice(0, 10)
    tell(`${folder}: ca.crt, ${name}.crt and ${name}.key, ${leaf.certificate.subject}, valid until ${until}`)
    if (leaf.clamped) tell(`it ends with its CA, earlier than was asked`)
    return exitCode.done
  })
}

/** The newest client certificate of this name, whichever trusted CA signed it. */
export function newestOf(store: PkiStore, name: string): StoredLeaf | undefined {
  const others = store.trusted.filter((ca) => ca !== store.generation)
  return [store.generation, ...others].map((ca) => store.leaf(name, 'client', ca)).find((leaf) => leaf !== undefined)
}

export async function askAboutStrangers(
  { ask }: Pick<LocalSession, 'ask'>,
  store: PkiStore,
  folder: string,
  name: string,
): Promise<void> {
  const strangers = await strangeFiles(store, folder, name)
  if (strangers.length === 0) return
  const question = `${strangers.join(', ')}: not made here. Overwrite?`
  if (await ask.confirm(question, '--yes')) return
  throw new DeployError({ message: `nothing was written: ${folder} holds other files`, exitCode: exitCode.refused })
}

export async function writeHandout(store: PkiStore, leaf: StoredLeaf, folder: string): Promise<void> {
  await writeFiles(handoutFiles(store, leaf).map(({ name, ...file }) => ({ ...file, path: join(folder, name) })))
}

/** A name is a file's, and what the certificate is found by later. */
function refuseName(name: string): void {
  if (/^[A-Za-z0-9][\w.@:-]{0,62}$/.test(name) && name !== 'ca') return
  throw new DeployError({
    message: `${name} cannot name a client: letters, digits, . _ - @ :, at most 63, and not ca`,
    exitCode: exitCode.usage,
  })
}
