import { DeployError, exitCode, together } from '../errors.ts'
import { pathText } from '../inventory/describe.ts'
import type { Cluster } from '../inventory/model.ts'
import { addressesOf, type Move } from '../inventory/move.ts'
import type { Seen } from '../steps/seen.ts'
import { operationNames } from './operation-names.ts'
import { pkiPassphrase, provePassphrase } from './pki-passphrase.ts'
import { refuseEarly } from './refuse-early.ts'
import type { Session } from './session.ts'

/** All that a run of these moves would refuse at its first look, before the inventory is edited for them. Without quorum `seen` is it. */
export async function refuseMisfits(session: Session, moves: readonly Move[], seen?: Seen): Promise<void> {
  const { cluster } = session
  await refuseEarly(session, seen, { moves, operation: operationNames.changeIp })
  if (cluster.tls.mode === 'off' || !moves.some(isNamedAnew)) return
  const { openPki } = await import('../pki/open.ts')
  await provePassphrase(session, await openPki(cluster.pki.dir, cluster.name, pkiPassphrase(session)))
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
