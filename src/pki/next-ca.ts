import { DeployError, exitCode } from '../errors.ts'
import { closeCaKey } from './ca-key.ts'
import type { CaKeys } from './ca-key.ts'
import { makeCa } from './ca.ts'
import type { CaRequest, KeyPair } from './ca.ts'
import type { Changed, Contents } from './contents.ts'
import { caFiles } from './files.ts'
import { highestGeneration, importedTarget, nextGeneration, withNext } from './rotation.ts'
import type { Authority } from './state.ts'

/** The CA that a rotation leads to: a new one, or the one that was imported for it. */
export type NextCa = ({ from: 'new' } & Omit<CaRequest, 'cluster' | 'generation'>) | { from: 'imported' }

/** The next CA, trusted beside the present one. While a rotation is under way there is no second one: it answers the one there is. */
export async function begunCa(contents: Contents, request: NextCa, keys: CaKeys): Promise<Changed<number>> {
  const { state } = contents
  const next = nextGeneration(state)
  if (next !== undefined) return { contents: undefined, files: {}, result: fitting(contents, next, request) }
  if (request.from === 'imported') {
    const target = importedTarget(state)
    if (target === undefined) throw nothingImported(keys.folder)
    return { contents: { ...contents, state: withNext(state, target) }, files: {}, result: target }
  }
  const { from: _, ...about } = request
  const generation = freshGeneration(contents)
  const ca = await makeCa({ ...about, cluster: state.cluster, generation })
  const added = await addedCa(contents, { generation }, ca, keys)
  return { ...added, contents: { ...added.contents, state: withNext(added.contents.state, generation) } }
}

/** A CA made elsewhere, kept aside until a rotation leads to it. One that is here already is not taken twice, but may be the target anew. */
export async function importedCa(contents: Contents, ca: KeyPair, keys: CaKeys): Promise<Changed<number>> {
  const authorities = [...contents.authorities.values()]
  const { fingerprint, subject } = ca.certificate
  const known = authorities.find(({ certificate }) => certificate.fingerprint === fingerprint)
  if (known !== undefined)
    return { contents: targeted(contents, known.generation), files: {}, result: known.generation }
  if (authorities.some(({ certificate }) => certificate.subject === subject)) {
    throw new DeployError({
      message: `${keys.folder} has another CA with the subject "${subject}"`,
      answered: 'two CAs of one name cannot be told apart by who verifies a certificate',
      next: 'Import a CA with another subject, or let rotate-certs --ca make a new one.',
      exitCode: exitCode.usage,
    })
  }
  const generation = highestGeneration(contents.state) + 1
  const added = await addedCa(contents, { generation, imported: true }, ca, keys)
  return { ...added, contents: targeted(added.contents, generation) }
}

/** Undefined: it is the target already, or hosts trust it. */
function targeted(contents: Contents, generation: number): Contents | undefined {
  const { state } = contents
  if (state.importedTarget === generation || state.ca.trusted.includes(generation)) return undefined
  return { ...contents, state: { ...state, importedTarget: generation } }
}

async function addedCa(
  contents: Contents,
  about: Omit<Authority, 'revision'>,
  ca: KeyPair,
  keys: CaKeys,
): Promise<Changed<number> & { contents: Contents }> {
  const { state } = contents
  const authority = { ...about, revision: state.revision + 1 }
  const authorities = new Map([
    ...contents.authorities,
    [about.generation, { ...authority, certificate: ca.certificate }] as const,
  ])
  return {
    contents: { ...contents, authorities, state: { ...state, authorities: [...state.authorities, authority] } },
    files: caFiles({ ...ca, key: await closeCaKey(keys, ca.key) }),
    result: about.generation,
  }
}

/** An imported CA may bear the very name that the next of ours would have. */
function freshGeneration({ state, authorities }: Contents): number {
  const taken = new Set([...authorities.values()].map(({ certificate }) => certificate.name.cn))
  let generation = highestGeneration(state) + 1
  while (taken.has(`etcd CA ${state.cluster} ${generation}`)) generation += 1
  return generation
}

function fitting({ state, authorities }: Contents, next: number, { from }: NextCa): number {
  if ((state.importedTarget === next) === (from === 'imported')) return next
  throw new DeployError({
    message: `a rotation to the CA "${authorities.get(next)?.certificate.subject}" is under way`,
    next: 'Finish it with etcd-deploy rotate-certs --continue, or go back with --abort.',
    exitCode: exitCode.refused,
  })
}

function nothingImported(folder: string): DeployError {
  return new DeployError({
    message: `${folder} has no imported CA to rotate to`,
    next: 'etcd-deploy certs import-ca --cert FILE --key FILE takes it in.',
    exitCode: exitCode.usage,
  })
}
