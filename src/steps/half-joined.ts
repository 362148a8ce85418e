import { DeployError, exitCode } from '../errors.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import type { NodeName } from '../inventory/model.ts'

/** Added, and no voter that ever ran. */
export function isHalfJoined({ isLearner, name }: MemberEntry): boolean {
  return isLearner || name === ''
}

/** A run died on the way and its record is lost: whoever waits for such a member waits in vain, as a learner grants no read. */
export function halfJoined(name: NodeName, { isLearner }: MemberEntry): DeployError {
  return new DeployError({
    message: isLearner
      ? `${name} is half way into the cluster: it is still a learner, without a vote`
      : `${name} is half way into the cluster: it has been added, and has never started`,
    host: name,
    tried: "read etcd's list of members",
    next: [`etcd-deploy member add ${name}`, `or take it out again: etcd-deploy member remove ${name}`],
    exitCode: exitCode.refused,
  })
}
