import { refuse } from '../engine/refuse.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject, type SubjectOptions } from '../steps/subject.ts'
import { pkiPassphrase } from './pki-passphrase.ts'
import type { Session } from './session.ts'

/** What the run would refuse, before anything is written for it, be it here: the inventory, `pki/`, a snapshot. */
export async function refuseEarly(
  session: Session,
  seen: Seen,
  options: Pick<SubjectOptions, 'recorded' | 'operation' | 'enablesTls'>,
): Promise<void> {
  const { cluster, emit, signal } = session
  const subject = new EtcdSubject({
    cluster,
    emit,
    signal,
    may: 'change',
    passphrase: pkiPassphrase(session),
    ...options,
  })
  await subject.open()
  refuse(session, subject.check(seen))
  await subject.prepare(seen, { purpose: 'glance' })
}
