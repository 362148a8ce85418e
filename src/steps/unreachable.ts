import { DeployError, exitCode } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import type { Node } from '../inventory/model.ts'
import { grave } from './problem.ts'
import type { Seen } from './seen.ts'

/** A cluster is formed by all its members: while it is `forming`, a missing host is a refusal and no mere failure. */
export function unreachableProblems({ name, ssh }: Node, seen: Seen, { forming }: { forming: boolean }): Problem[] {
  const found = seen.hosts.get(name)
  if (found?.kind === 'reached') return []
  const atLeast = forming ? exitCode.refused : exitCode.failed
  const error = found?.error
  if (!(error instanceof DeployError)) {
    const tried = `connect to ${ssh.user}@${ssh.host}:${ssh.port}`
    const answered = error?.message ?? ''
    return [grave(name, { message: 'the host cannot be reached', tried, answered, exitCode: atLeast })]
  }
  const { message, host = name, tried, answered, next, exitCode: code } = error
  const answers = { ...(tried === undefined ? {} : { tried }), ...(answered === undefined ? {} : { answered }) }
  return [grave(host, { message, ...answers, next, exitCode: code === exitCode.failed ? atLeast : code })]
}
