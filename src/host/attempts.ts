import { firstTries, type FirstTries } from './first-tries.ts'
import { pastLogins, type PastLogins } from './past-logins.ts'

/** What the logins of a run know of each other; one that connects again and again keeps it. */
export interface Attempts {
  tries: FirstTries
  past: PastLogins
}

export function attempts(): Attempts {
  return { tries: firstTries(), past: pastLogins() }
}
