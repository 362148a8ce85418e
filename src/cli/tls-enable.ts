import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readOperation, type Operation } from '../engine/operation.ts'
import type { Cluster } from '../inventory/model.ts'
import { openPki } from '../pki/open.ts'
import { memberList } from '../steps/members.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { isHttps } from '../steps/tls-opening.ts'
import { recordPath, unfinishedOperation } from '../steps/unfinished.ts'
import { editInventoryFile } from './edit-inventory.ts'
import { handOut } from './hand-out.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { operationNames } from './operation-names.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { pkiPassphrase, provePassphrase } from './pki-passphrase.ts'
import { proveCertificates } from './prove-certificates.ts'
import { refuseEarly } from './refuse-early.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'
import { asOperation, beginOperation, type PauseOptions } from './staged-operation.ts'

export interface TlsEnableOptions extends ChangeOptions, PauseOptions {
  mode?: 'mutual' | 'server'
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

const operationName = operationNames.tlsEnable

/** A running cluster goes from http to https; where it stands is read from what its members listen on. */
export function tlsEnable(options: TlsEnableOptions): Promise<ExitCode> {
  return inSession(operationName, options, async (session) => {
    if (session.on !== undefined)
      throw new DeployError({
        message: '--on does not go with tls enable: all members change alike',
        exitCode: exitCode.usage,
      })
    const seen = await seeHosts(session)
    const recorded = (await readOperation(recordPath(session.cluster))) ?? unfinishedOperation(seen, undefined)
    const own = recorded?.name === operationName ? recorded : undefined
    if (own === undefined && memberList(seen)?.every(({ peerUrls }) => peerUrls.every(isHttps)) === true) {
      session.emit({ type: 'note', message: 'members speak TLS to each other already, and no tls enable is under way' })
      return exitCode.done
    }
    const { pki, name } = session.cluster
    if (own === undefined) await provePassphrase(session, await openPki(pki.dir, name, pkiPassphrase(session)))
    const mode = modeOf(session.cluster, own, options)
    const cluster = { ...session.cluster, tls: { ...session.cluster.tls, mode } }
    await refuseEarly({ ...session, cluster }, seen, { recorded, operation: operationName, enablesTls: true })
    // Its edited form, before any host is touched; later runs load it so.
    if (session.cluster.tls.mode === 'off')
      await editInventoryFile(session, [{ path: ['tls', 'mode'], from: 'off', to: mode }])
    if (recorded === undefined && options.snapshot !== false) await keepSnapshot(session)
    return enable({ ...session, cluster }, options, own ?? operation(mode, options))
  })
}

async function enable(session: Session, options: TlsEnableOptions, operation: Operation): Promise<ExitCode> {
  const { cluster, emit } = session
  const { default: playbook } = await import('../../playbooks/tls-enable.ts')
  const outcome = await runStages(session, playbook.stages, options, {
    may: 'change',
    enablesTls: true,
    ...asOperation(session, operation, options),
  })
  const store = await openPki(cluster.pki.dir, cluster.name, pkiPassphrase(session))
  if (store !== undefined) await proveCertificates(session, options, store)
  if (outcome.pausedAt !== undefined && store !== undefined)
    await handOut(session, store, { message: outcome.pausedAt, next: finish(options) })
  else emit({ type: 'note', message: 'members and clients speak TLS alone' })
  return exitCode.done
}

function modeOf(cluster: Cluster, own: Operation | undefined, options: TlsEnableOptions): 'mutual' | 'server' {
  const recorded = own?.args['mode']
  if (recorded === 'mutual' || recorded === 'server') return recorded
  if (cluster.tls.mode !== 'off') return cluster.tls.mode
  return options.mode ?? 'mutual'
}

function finish(options: TlsEnableOptions): string {
  return `etcd-deploy tls enable --continue${namedInventory(options)}`
}

function operation(mode: 'mutual' | 'server', options: TlsEnableOptions): Operation {
  return beginOperation({ name: operationName, args: { mode }, finish: finish(options) })
}
