import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { Operation } from '../engine/operation.ts'
import { readOperation } from '../engine/operation.ts'
import { backdated } from '../pki/backdated.ts'
import { openPki } from '../pki/open.ts'
import type { NextCa } from '../pki/next-ca.ts'
import type { PkiStore } from '../pki/store.ts'
import { caTargetOf } from '../steps/ca-rotation.ts'
import { adminName } from '../steps/leaf-requests.ts'
import { voters } from '../steps/members.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { recordPath, unfinishedOperation } from '../steps/unfinished.ts'
import { handOut } from './hand-out.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory } from './options.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { pkiPassphrase, provePassphrase } from './pki-passphrase.ts'
import { proveCertificates } from './prove-certificates.ts'
import { refuseWithoutTls, type RotateOptions } from './rotate-certs.ts'
import { runStages } from './run-stages.ts'
import type { Session } from './session.ts'
import { asOperation, beginOperation } from './staged-operation.ts'

/** A new CA, from pause to pause; where it stands is read from `pki/` and the hosts. */
export async function rotateCaOf(session: Session, options: RotateOptions): Promise<ExitCode> {
  refuseWithoutTls(session)
  const { cluster, emit } = session
  if (session.on !== undefined)
    throw new DeployError({ message: '--on does not go with --ca: all members trust alike', exitCode: exitCode.usage })
  const store = await storeOf(session)
  const recorded = (await readOperation(recordPath(cluster))) ?? unfinishedOperation(await seeHosts(session), undefined)
  const own = recorded?.name === operationNames.rotateCa ? recorded : undefined
  if (own === undefined) {
    const nothing = nothingToDo(store, options)
    if (nothing !== undefined) {
      emit({ type: 'note', message: nothing })
      return exitCode.done
    }
  }
  await provePassphrase(session, store)
  // Not where another operation is under way, which the run refuses.
  if (recorded === undefined && options.snapshot !== false) await keepSnapshot(session)
  const from = beganAt(store, own)
  const aborting = options.abort === true || own?.args['direction'] === 'back'
  if (aborting) refuseTooLate(store, from, options)
  const expired = store.ca(from).notAfter.getTime() <= Date.now()
  if (expired && aborting) refuseExpired(store, from)
  if (expired && own === undefined) await agreeToRestart(session)
  const { rotateCa, replaceExpiredCa, abortCa } = await import('../../playbooks/rotate-ca.ts')
  const handedOut = store.issued.some(
    ({ ca, kind, name }) => ca === store.next && kind === 'client' && name !== adminName,
  )
  const playbook = aborting ? abortCa({ handedOut }) : expired ? replaceExpiredCa : rotateCa
  const outcome = await runStages(session, playbook.stages, options, {
    may: 'change',
    rotation: { from, to: nextCa(session, options), ...(expired ? { together: true as const } : {}) },
    ...asOperation(session, operation(own, from, aborting, options), options),
  })
  const after = await storeOf(session)
  await proveCertificates(session, options, after)
  if (outcome.pausedAt !== undefined)
    await handOut(session, after, { message: outcome.pausedAt, next: finish(aborting, options) })
  else emit({ type: 'note', message: doneText(after) })
  return exitCode.done
}

async function storeOf(session: Session): Promise<PkiStore> {
  const { pki, name } = session.cluster
  const store = await openPki(pki.dir, name, pkiPassphrase(session))
  if (store !== undefined) return store
  throw new DeployError({
    message: `${pki.dir} holds no certificates of ${name}`,
    next: 'copy the pki/ folder from the machine that set the cluster up',
    exitCode: exitCode.refused,
  })
}

/** No rotation is under way, and none is to begin. */
function nothingToDo(store: PkiStore, options: RotateOptions): string | undefined {
  if (options.continue === true) return `no CA rotation is under way: ${doneText(store)}`
  if (options.abort === true) return `no CA rotation is under way: there is nothing to go back from`
  if (store.next !== undefined) return undefined
  // A run that was killed after its last change, and is done again, must not begin the next rotation, nor lead back.
  if (options.to === 'imported')
    return isImportedLast(store) ? `${doneText(store)}, which was imported last` : undefined
  const ageMs = Date.now() - store.ca().notBefore.getTime()
  if (store.generation === 1 || ageMs > justRotatedMs) return undefined
  return `${doneText(store)}; it is younger than an hour, so that no other is made`
}

function isImportedLast({ authorities, generation }: PkiStore): boolean {
  return authorities.findLast(({ imported }) => imported)?.generation === generation
}

const justRotatedMs = 60 * 60_000

function doneText(store: PkiStore): string {
  const { subject, notAfter } = store.ca()
  return `members trust "${subject}" alone, valid until ${notAfter.toISOString().slice(0, 10)}`
}

function beganAt(store: PkiStore, own: Operation | undefined): number {
  const recorded = own?.args['from']
  if (typeof recorded === 'number') return recorded
  return store.trusted[0] ?? store.generation
}

function refuseTooLate(store: PkiStore, from: number, { abort }: RotateOptions): void {
  if (abort !== true || caTargetOf(store, from) !== 'trust the new') return
  throw new DeployError({
    message: 'members have begun to trust the new CA alone: there is no way back from here',
    next: 'etcd-deploy rotate-certs --ca --continue finishes it; rotate-certs --ca makes another CA afterwards',
    exitCode: exitCode.refused,
  })
}

/** It could issue nothing that anybody takes. */
function refuseExpired(store: PkiStore, from: number): void {
  throw new DeployError({
    message: `the old CA has expired: there is no way back to it`,
    answered: `valid until ${store.ca(from).notAfter.toISOString()}`,
    next: 'etcd-deploy rotate-certs --ca --continue goes on to the new one',
    exitCode: exitCode.refused,
  })
}

/** Links that were open when the CA expired live on, so that members may still serve whoever is connected. */
async function agreeToRestart(session: Session): Promise<void> {
  const { cluster, ask } = session
  const seen = await seeHosts(session)
  if (voters(cluster, seen).every(({ health }) => health === 'down')) return
  const question = 'the CA has expired, so that no member takes new connections: restart all members at once?'
  if (await ask.confirm(question, '--allow-downtime')) return
  throw new DeployError({ message: 'nothing was changed', exitCode: exitCode.refused })
}

function nextCa({ cluster }: Session, { to }: RotateOptions): NextCa {
  if (to === 'imported') return { from: 'imported' }
  const { key, subject, caYears: years } = cluster.tls
  return { from: 'new', key, subject, years, notBefore: backdated(Date.now()) }
}

/** The one under way, turned where it goes the other way now; else a new one. */
function operation(own: Operation | undefined, from: number, aborting: boolean, options: RotateOptions): Operation {
  const direction = aborting ? 'back' : 'forward'
  const about = { args: { ...(own?.args ?? { from }), direction }, finish: finish(aborting, options) }
  return own === undefined ? beginOperation({ name: operationNames.rotateCa, ...about }) : { ...own, ...about }
}

function finish(aborting: boolean, options: RotateOptions): string {
  return `etcd-deploy rotate-certs --ca ${aborting ? '--abort ' : ''}--continue${namedInventory(options)}`
}
