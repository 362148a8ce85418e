import { DeployError, exitCode } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'

/** What became of one place where a host was looked for. */
export interface Failure {
  target: SshTarget
  error: DeployError
}

/** Why a host was found at none of its places: a refusal among them counts most, as it protects something. */
export function noneAnswered(node: string, failures: readonly Failure[]): DeployError {
  const refused = failures.find(({ error }) => error.exitCode === exitCode.refused)
  if (refused !== undefined) return withOthers(node, refused, failures)
  const unusable = failures.find(({ error }) => error.exitCode === exitCode.usage)
  return new DeployError({
    host: node,
    message: `cannot be reached at any of its addresses: ${failures.map(({ target }) => target.host).join(', ')}`,
    tried: `SSH to ${failures.map(({ target }) => placeOf(target)).join(' and ')}`,
    answered: failures.map((failure) => reason(node, failure)).join('\n'),
    next: [...new Set(failures.flatMap(({ error }) => error.next))],
    exitCode: unusable?.error.exitCode ?? exitCode.failed,
    cause: failures.map(({ error }) => error),
  })
}

function withOthers(node: string, refused: Failure, failures: readonly Failure[]): DeployError {
  const { error } = refused
  const others = failures.filter((failure) => failure !== refused)
  return new DeployError({
    host: error.host ?? node,
    message: error.message,
    ...(error.tried === undefined ? {} : { tried: error.tried }),
    answered: [error.answered ?? [], others.map((other) => reason(node, other))].flat(2).join('\n'),
    next: error.next,
    exitCode: error.exitCode,
    cause: error,
  })
}

function reason(node: string, { target, error }: Failure): string {
  const from = error.host === undefined || error.host === node ? '' : `${error.host}: `
  const [said] = (error.answered ?? '').split('\n')
  return `${placeOf(target)}: ${from}${error.message}${said === '' ? '' : ` (${said})`}`
}

function placeOf({ user, host, port }: SshTarget): string {
  return `${user}@${host}, port ${port}`
}
