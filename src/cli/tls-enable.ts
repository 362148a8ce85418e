import { hostname, userInfo } from 'node:os'

import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readOperation, type Operation } from '../engine/operation.ts'
import { layoutOf } from '../etcd/layout.ts'
import { minorSeries } from '../etcd/versions.ts'
import type { Cluster } from '../inventory/model.ts'
import { openPki } from '../pki/open.ts'
import { memberList } from '../steps/members.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import { recordPath, unfinishedOperation } from '../steps/unfinished.ts'
import { editInventoryFile } from './edit-inventory.ts'
import { handOut } from './hand-out.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { pkiPassphrase, provePassphrase } from './pki-passphrase.ts'
import { proveCertificates } from './prove-certificates.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'

export interface TlsEnableOptions extends ChangeOptions {
  mode?: 'mutual' | 'server'
  continue?: true
  /** `--no-pause`: false. */
  pause?: boolean
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

const operationName = 'tls enable'

/** A running cluster goes from http to https; where it stands is read from what its members listen on. */
export function tlsEnable(options: TlsEnableOptions): Promise<ExitCode> {
  return inSession(operationName, options, async (session) => {
    if (session.on !== undefined)
      throw new DeployError({
        message: '--on does not go with tls enable: all members change alike',
        exitCode: exitCode.usage,
      })
    refuseOldSeries(session.cluster)
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
    // Its edited form, before any host is touched; later runs load it so.
    if (session.cluster.tls.mode === 'off')
      await editInventoryFile(session, [{ path: ['tls', 'mode'], from: 'off', to: mode }])
    if (recorded === undefined && options.snapshot !== false) await keepSnapshot(session)
    const cluster = { ...session.cluster, tls: { ...session.cluster.tls, mode } }
    return enable({ ...session, cluster }, options, own ?? operation(mode, options))
  })
}

/** Seen on hosts: a 3.3 member that speaks both on its client port did not always serve again after its restart. */
function refuseOldSeries({ version }: Cluster): void {
  if (minorSeries(version) !== '3.3') return
  throw new DeployError({
    message: `etcd ${version} cannot get TLS while it serves: members of 3.3 do not reliably speak http and https on one port`,
    next: 'upgrade to 3.4 or later first; nothing was changed',
    exitCode: exitCode.refused,
  })
}

async function enable(session: Session, options: TlsEnableOptions, operation: Operation): Promise<ExitCode> {
  const { cluster, emit } = session
  const { default: playbook } = await import('../../playbooks/tls-enable.ts')
  const outcome = await runStages(session, playbook.stages, options, {
    may: 'change',
    enablesTls: true,
    intent: { operation, localPath: recordPath(cluster), hostPath: layoutOf(cluster).operation },
    ...(options.pause === false
      ? { pauses: 'all' as const }
      : options.continue === true
        ? { pauses: 'next' as const }
        : {}),
  })
  await proveCertificates(session, options)
  const store = await openPki(cluster.pki.dir, cluster.name, pkiPassphrase(session))
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
  const since = new Date().toISOString()
  return {
    name: operationName,
    args: { mode },
    finish: finish(options),
    since,
    controller: `${userInfo().username}@${hostname()}`,
    told: [],
  }
}

function isHttps(url: string): boolean {
  return url.startsWith('https:')
}
