import { DeployError } from '../errors.ts'
import type { Change } from './playbook.ts'

/** A change that was made and is wanted again means that it does not do what it should: say so instead of going round. */
export function countAttempt<S>(made: Map<string, number>, change: Change<S>): void {
  const key = `${change.host}: ${change.what}`
  const times = (made.get(key) ?? 0) + 1
  made.set(key, times)
  if (times <= 2) return
  throw new DeployError({
    message: `${change.what}: made twice, and still not so`,
    host: change.host,
    tried: change.what,
    answered: change.diff ?? change.why,
    next: 'something on the host changes it back, or it cannot be made there; look at the difference above',
  })
}
