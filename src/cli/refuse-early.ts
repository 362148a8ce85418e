import { observe } from '../engine/observe.ts'
import { refuse } from '../engine/refuse.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject, type SubjectOptions } from '../steps/subject.ts'
import { pkiPassphrase } from './pki-passphrase.ts'
import type { Session } from './session.ts'

/**
 * What the run would refuse at its first look, before anything is written for it, be it here: the inventory, `pki/`, a snapshot. Without
 * `seen` it looks itself, for all that such a run asks of the hosts before changes.
 */
export async function refuseEarly(
  session: Session,
  seen: Seen | undefined,
  options: Pick<SubjectOptions, 'recorded' | 'operation' | 'enablesTls' | 'moves' | 'leaves' | 'withoutUnreachable'>,
): Promise<void> {
  const { cluster, connections, emit, signal } = session
  const passphrase = pkiPassphrase(session)
  const subject = new EtcdSubject({ cluster, emit, signal, may: 'change', passphrase, ...options })
  await subject.open()
  const { concurrency } = cluster
  const see = { connections, emit, signal, concurrency, timeoutMs: commandTimeout(cluster), looks: subject.looks }
  const found = seen ?? subject.see(await observe(see, [...connections.keys()]))
  refuse(session, subject.check(found))
  await subject.prepare(found, { purpose: 'glance' })
}
