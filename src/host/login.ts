import type { AnyAuthMethod } from 'ssh2'
import { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import type { Outcome } from './first-tries.ts'
import { loginAdvice } from './login-advice.ts'
import { waysIn, type LoginMeans, type Progress, type Way } from './login-ways.ts'

/** The ways to log in, one after the other, and what became of each. */
export interface Login {
  /** The next way that the server takes; false: none is left. `partial`: the last one was right, and is not enough. */
  next(accepted: readonly string[] | null, partial: boolean): Promise<AnyAuthMethod | false>
  /** Settles where something is asked that nobody answers. */
  gaveUp: Promise<void>
  /** However it ended. */
  over(isIn: boolean): void
  /** Why none of them worked. */
  failure(where: string, said?: string): Promise<DeployError>
}

export function login(target: SshTarget, means: LoginMeans): Login {
  const tried: string[] = [...means.keys.notes]
  const { promise: gaveUp, resolve } = Promise.withResolvers<void>()
  const progress: Progress = {
    isHalfIn: false,
    isPasswordTaken: false,
    hasAnswered: false,
    isRefusedByAgent: false,
    passwordOutcome: undefined,
    giveUp() {
      passwordEnds('unknown')
      resolve()
    },
  }
  const ways = waysIn(target, means, progress, tried)
  let offered: readonly string[] = []
  let last: Way | undefined
  let hasBegun = false

  const passwordEnds = (outcome: Outcome): void => {
    progress.passwordOutcome?.(outcome)
    progress.passwordOutcome = undefined
  }
  return {
    async next(accepted, partial) {
      const isTaken = partial || last?.isTaken?.() === true
      if (isTaken) progress.isHalfIn = true
      if (isTaken && last?.needs === 'password') progress.isPasswordTaken = true
      if (last?.isRefusedByAgent?.() === true) {
        progress.isRefusedByAgent = true
        tried.push(`${tried.pop()}: the server takes it, and the agent refused to sign`)
      }
      passwordEnds(isTaken ? 'right' : 'wrong')
      const isTold = hasBegun ? last?.isTaken === undefined || !isTaken : !mustAskFirst(ways)
      last = undefined
      hasBegun = true
      // After a key of an agent ssh2 does not tell what the server takes; a login without anything makes it say so. Before all else it costs
      // none of the failures that sshd counts.
      if (!isTold && ways.length > 0) return { type: 'none', username: target.user } as unknown as AnyAuthMethod
      offered = accepted ?? offered
      for (;;) {
        const way = ways.shift()
        if (way === undefined) return false
        if (way.isFor?.() === false) continue
        if (accepted !== null && !accepted.includes(way.needs)) {
          if (!progress.isHalfIn) tried.push(`${way.name}: not accepted by the server`)
          continue
        }
        // Behind both is the same password: a wrong one is not tried twice
        if (way.needs === 'keyboard-interactive' && accepted?.includes('password') === true && !progress.isHalfIn)
          continue
        const method = await way.method()
        if (method === undefined) continue
        tried.push(progress.isHalfIn ? `${way.name}, as a second factor` : way.name)
        last = way
        return method
      }
    },
    gaveUp,
    over: (isIn) => passwordEnds(isIn ? 'right' : 'unknown'),
    async failure(where, said) {
      // Also where sshd hangs up instead of saying so, as at the last failure that it allows
      passwordEnds('wrong')
      const failure = new DeployError({
        host: means.name,
        message: `${where} let ${target.user} in by none of the ways tried`,
        tried: tried.length === 0 ? 'nothing: no key, agent or password is given' : tried.join('; '),
        answered: said ?? (offered.length === 0 ? 'nothing' : `the server takes ${offered.join(', ')}`),
        next: await loginAdvice(target, means.keys.identities, {
          isRefusedByAgent: progress.isRefusedByAgent,
          wantsPerson: progress.isHalfIn && offered.includes('keyboard-interactive') && means.askPerson === undefined,
        }),
      })
      if (progress.hasAnswered) means.past.refused(failure)
      return failure
    },
  }
}

/** Whether a password may follow the keys of an agent: it is not to be asked for where the server takes none. */
function mustAskFirst(ways: readonly Way[]): boolean {
  return ways[0]?.isTaken !== undefined && ways.some(({ needs, isFor }) => needs !== 'publickey' && isFor?.() !== false)
}
