import { mayTakeDown, type Verdict } from '../cluster/quorum.ts'
import { DeployError, exitCode } from '../errors.ts'
import type { Change, Refusal } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { learners, voters } from './members.ts'
import type { Seen } from './seen.ts'

/** Undefined: the member that this change takes down may go. */
export function guard(
  cluster: Cluster,
  change: Pick<Change<Seen>, 'host' | 'what' | 'why' | 'takesDown'>,
  seen: Seen,
): Refusal | undefined {
  const name = change.takesDown ?? ''
  const verdict = mayTakeDown(name, voters(cluster, seen), learners(cluster, seen))
  if (verdict.kind !== 'refused') return undefined
  const { message, next } = words[verdict.because](name)
  return {
    allowable: verdict.because !== 'quorum-would-be-lost',
    error: new DeployError({
      message,
      host: change.host,
      tried: `${change.what} (${change.why})`,
      answered: verdict.arithmetic,
      next,
      exitCode: exitCode.refused,
    }),
  }
}

type Because = Extract<Verdict, { kind: 'refused' }>['because']

const words: Record<Because, (name: string) => { message: string; next: string }> = {
  'none-to-spare': (name) => ({
    message: `${name} is needed for quorum: no voter can be spared, so writes stop until it is back`,
    next: 'allow the interruption with --allow-downtime',
  }),
  'quorum-would-be-lost': (name) => ({
    message: `taking ${name} down would lose quorum`,
    next: 'bring the members that are down back first: etcd-deploy status names them',
  }),
  'not-known': (name) => ({
    message: `${name} could not be asked whether it serves: taking it down may lose quorum`,
    next: ['etcd-deploy status says what is wrong with it', 'or take the risk with --allow-downtime'].join('; '),
  }),
}
