import type { Problem } from '../engine/playbook.ts'
import type { Node } from '../inventory/model.ts'
import { grave } from './problem.ts'
import type { ReachedHost } from './seen.ts'

/** What etcd and its service need of the system itself. */
export function systemProblems({ name }: Node, on: ReachedHost): Problem[] {
  if (on.kernel !== 'Linux') return [grave(name, { message: `this is ${on.kernel}, not Linux`, tried: 'uname -s' })]
  const problems: Problem[] = []
  if (on.systemd < 219) {
    const found = on.systemd === 0 ? 'systemd does not answer' : `systemd ${on.systemd} is too old`
    problems.push(
      grave(name, {
        message: `${found}: 219 or newer is needed`,
        tried: 'systemctl --version',
        next: 'use a distribution that runs systemd',
      }),
    )
  }
  if (on.architecture === undefined) {
    problems.push(
      grave(name, {
        message: `etcd has no release for ${on.machine}`,
        tried: 'uname -m',
        next: 'amd64, arm64, ppc64le and s390x have one',
      }),
    )
  }
  return problems
}
