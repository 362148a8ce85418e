import { DeployError, exitCode, together } from '../errors.ts'
import { observe } from '../engine/observe.ts'
import { refuse } from '../engine/refuse.ts'
import { pathText } from '../inventory/describe.ts'
import type { Cluster } from '../inventory/model.ts'
import { addressesOf, type Move } from '../inventory/move.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Seen } from '../steps/seen.ts'
import { EtcdSubject } from '../steps/subject.ts'
import { pkiPassphrase, provePassphrase } from './pki-passphrase.ts'
import type { Session } from './session.ts'

/** All that a run of these moves would refuse at its first look, before the inventory is edited for them. Without quorum `seen` is it. */
export async function refuseMisfits(session: Session, moves: readonly Move[], seen?: Seen): Promise<void> {
  const { cluster, connections, emit, signal } = session
  const passphrase = pkiPassphrase(session)
  const subject = new EtcdSubject({ cluster, emit, signal, may: 'change', moves, operation: 'change-ip', passphrase })
  await subject.open()
  const { concurrency } = cluster
  const see = { connections, emit, signal, concurrency, timeoutMs: commandTimeout(cluster), looks: subject.looks }
  const found = seen ?? subject.see(await observe(see, [...connections.keys()]))
  refuse(session, subject.check(found))
  await subject.prepare(found, { purpose: 'glance' })
  if (cluster.tls.mode === 'off' || !moves.some(isNamedAnew)) return
  const { openPki } = await import('../pki/open.ts')
  await provePassphrase(session, await openPki(cluster.pki.dir, cluster.name, passphrase))
}

/** What no inventory may say, etcd shall not be told either: two ports that are one, two members behind one sshd. */
export async function refuseUnsayable({ file }: Cluster, moves: readonly Move[]): Promise<void> {
  const [{ readInventory }, { moveEdits }, { withEdits }, { examineInventory }] = await Promise.all([
    import('../inventory/load.ts'),
    import('../inventory/move-edits.ts'),
    import('../inventory/with-edits.ts'),
    import('../inventory/resolve.ts'),
  ])
  const { inventory } = await readInventory(file)
  const edited = withEdits(
    inventory,
    moves.flatMap((move) => moveEdits(inventory, move)),
  )
  const examined = examineInventory(edited, { file, connects: false })
  if (examined.kind === 'right') return
  const problems = examined.problems.map(
    ({ path, reason }) =>
      new DeployError({
        message: `the inventory would be wrong afterwards: ${pathText(path)}: ${reason}`,
        tried: 'judge what it would say',
        next: 'choose another address or port; nothing was changed',
        exitCode: exitCode.usage,
      }),
  )
  throw together(problems, `${problems.length} reasons why nothing was changed`)
}

/** Ports are in no certificate. */
function isNamedAnew({ from, to }: Move): boolean {
  return addressesOf(to).some((address) => !addressesOf(from).includes(address))
}
