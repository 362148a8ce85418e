import { provePeers } from '../certs/prove-peers.ts'
import { proveServed, type ServedProof } from '../certs/prove-served.ts'
import { DeployError, together } from '../errors.ts'
import type { PkiStore } from '../pki/store.ts'
import type { ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import type { Session } from './session.ts'

/**
 * Proves on the wire what the run has changed on disks: every member serves its newest certificates, and every pair of members shakes
 * hands with them. A member that holds on to a former one is restarted, once somebody agrees.
 */
export async function proveCertificates(session: Session, options: ChangeOptions, store: PkiStore): Promise<void> {
  const { emit } = session
  let served = await proveServed(session, store)
  if (served.stale.length > 0) {
    await restartStale(session, options, served)
    served = await proveServed(session, store)
    if (served.stale.length > 0) throw together(served.stale.map(stillStale), `${served.stale.length} certificates`)
  }
  for (const { host, use, why } of served.notSeen)
    emit({ type: 'warning', host, message: `which ${use} certificate it serves was not seen: ${why}` })
  const proved = await handshakes(session, store)
  emit({ type: 'note', message: provedText(session, served, proved) })
}

async function restartStale(session: Session, options: ChangeOptions, { stale }: ServedProof): Promise<void> {
  const hosts = [...new Set(stale.map(({ host }) => host))]
  for (const { host, use, serial, wanted } of stale)
    session.emit({
      type: 'warning',
      host,
      message: `it still serves the former ${use} certificate (serial ${serial}, the new one is ${wanted})`,
    })
  const question = `${hosts.join(', ')}: restart, one at a time, so that the new certificates are served?`
  if (!(await session.ask.confirm(question, '--yes'))) throw together(stale.map(stillStale), 'certificates')
  const { default: playbook } = await import('../../playbooks/restart.ts')
  await runStages({ ...session, on: new Set(hosts) }, playbook(Date.now()).stages, options, { may: 'restart' })
}

function stillStale({ host, use, serial, wanted }: ServedProof['stale'][number]): DeployError {
  return new DeployError({
    message: `it serves another ${use} certificate than the newest`,
    host,
    tried: 'shake hands with the member',
    answered: `serial ${serial}, wanted ${wanted}`,
    next: ['is another program on the port?', 'etcd-deploy restart --on ' + host],
  })
}

/** How many pairs of members were seen to take each other's certificates. */
async function handshakes({ cluster, connections, emit, signal }: Session, store: PkiStore): Promise<number> {
  const { proved, failed, notSeen } = await provePeers({ cluster, connections, signal }, store)
  for (const [from, each] of Map.groupBy(notSeen, (pair) => pair.from)) {
    const others = each.map(({ to }) => to).join(', ')
    emit({
      type: 'warning',
      host: from,
      message: `whether ${others} take its peer certificate was not seen: ${each[0]?.why}`,
    })
  }
  if (failed.length === 0) return proved
  throw together(
    failed.map(
      ({ from, to, answered }) =>
        new DeployError({
          message: `its member cannot shake hands with ${to}`,
          host: from,
          tried: `a TLS handshake with the peer port of ${to}, with the peer certificate of ${from}`,
          answered,
          next: 'etcd-deploy status shows the links between members',
        }),
    ),
    `${failed.length} handshakes between members failed`,
  )
}

function provedText({ connections }: Session, { notSeen }: ServedProof, pairs: number): string {
  const hosts = [...connections].filter(([, { kind }]) => kind === 'connected').map(([name]) => name)
  const seen = hosts.filter((host) => !notSeen.some((each) => each.host === host))
  const taken = pairs === 0 ? '' : `; ${pairs} handshakes from member to member`
  return `seen in handshakes: the newest certificates on ${seen.join(', ') || 'no member'}${taken}`
}
