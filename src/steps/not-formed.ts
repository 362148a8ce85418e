import { DeployError, exitCode } from '../errors.ts'

/** `narrowed`: by `--on`. */
export function notFormed(narrowed: boolean): DeployError {
  if (!narrowed)
    return new DeployError({
      message: 'there is no cluster yet',
      next: 'etcd-deploy up makes it',
      exitCode: exitCode.refused,
    })
  return new DeployError({
    message: '--on cannot narrow a bootstrap: members form a cluster together',
    next: 'run up without --on',
    exitCode: exitCode.refused,
  })
}
