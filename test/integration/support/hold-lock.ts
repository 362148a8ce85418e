import { logIn, runOptions, target } from '../host/lab-hosts.ts'
import type { NodeName } from '../../lab/lab.ts'

/** Another controller, which holds the lock of a host until the test has finished. */
export async function holdLock(node: NodeName, holder: string, finished: (close: () => void) => void): Promise<void> {
  const host = await logIn(target(node), finished)
  const lock = await host.lock({ dir: '/run/etcd-deploy/etcd', token: 'another', holder }, [], runOptions())
  if (lock.kind !== 'locked') throw new Error(`held by ${lock.holder}`)
}
