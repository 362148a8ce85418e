import { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'

/**
 * Logins that are not made a second time by themselves: each failure is counted, by fail2ban or the account's lock, and a second factor may
 * ring somebody's telephone.
 */
export interface PastLogins {
  of(name: string, target: SshTarget): PastLogin
}

/** What earlier attempts of this run have met with at one host. */
export interface PastLogin {
  /** Throws where it must not be tried again. */
  mayBegin(isAttended: boolean): void
  /** Something was asked that only a person has. */
  wantedPerson(): void
  /** Not by its keys alone: what else it asks for was wrong, or is not to be had. */
  refused(error: unknown): void
}

export function pastLogins(): PastLogins {
  const known = new Map<string, PastLogin>()
  return {
    of(name, target) {
      const key = JSON.stringify([name, target.user, target.host, target.port])
      const past = known.get(key) ?? pastLogin(name, target)
      known.set(key, past)
      return past
    },
  }
}

function pastLogin(name: string, target: SshTarget): PastLogin {
  let wantsPerson = false
  let refusal: { error: unknown } | undefined
  return {
    mayBegin(isAttended) {
      if (refusal !== undefined) throw refusal.error
      if (wantsPerson && !isAttended) throw onlyByPerson(name, target)
    },
    wantedPerson: () => void (wantsPerson = true),
    refused: (error) => void (refusal ??= { error }),
  }
}

function onlyByPerson(name: string, { user, host, port }: SshTarget): DeployError {
  return new DeployError({
    host: name,
    message: 'the login asks for what only a person has: it is not made again by itself',
    tried: `nothing more at ${user}@${host}, port ${port}`,
    next: 'end this command and run it anew, on a terminal',
  })
}
