import type { AnyAuthMethod } from 'ssh2'
import type ssh2 from 'ssh2'
import { DeployError } from '../errors.ts'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import type { Secret } from '../secret.ts'
import { OneKey } from './agent.ts'
import type { FirstTries, Outcome } from './first-tries.ts'
import type { KeyOffers } from './key-offers.ts'
import type { PastLogin } from './past-logins.ts'
import { answerPrompts } from './second-factor.ts'
import { loginAdvice } from './login-advice.ts'

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

export interface LoginMeans {
  /** Of the host, for messages. */
  name: string
  keys: KeyOffers
  reveal: RevealSecret
  tries: FirstTries
  past: PastLogin
  /** A code that only a person has; absent: there is none. */
  askPerson: ((question: string) => Promise<Secret>) | undefined
}

export function login(target: SshTarget, means: LoginMeans): Login {
  const tried: string[] = [...means.keys.notes]
  const { promise: gaveUp, resolve } = Promise.withResolvers<void>()
  const progress: Progress = {
    isHalfIn: false,
    isPasswordTaken: false,
    hasAnswered: false,
    passwordOutcome: undefined,
    giveUp() {
      passwordEnds('unknown')
      resolve()
    },
  }
  const ways = methods(target, means, progress, tried)
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
          wantsPerson: progress.isHalfIn && offered.includes('keyboard-interactive') && means.askPerson === undefined,
        }),
      })
      if (progress.hasAnswered) means.past.refused(failure)
      return failure
    },
  }
}

interface Progress {
  /** Another prompt wants something else then. */
  isPasswordTaken: boolean
  /** One factor was taken, another is wanted. */
  isHalfIn: boolean
  /** With more than keys. */
  hasAnswered: boolean
  /** Of the password that is being tried. */
  passwordOutcome: ((outcome: Outcome) => void) | undefined
  giveUp: () => void
}

interface Way {
  name: string
  needs: string
  /** False: not at this point. */
  isFor?: () => boolean
  /** Undefined: it can't be tried; why is told. */
  method(): Promise<AnyAuthMethod | undefined>
  /** Of a key in an agent: the server wanted its signature. */
  isTaken?: () => boolean
}

/** Whether a password may follow the keys of an agent: it is not to be asked for where the server takes none. */
function mustAskFirst(ways: readonly Way[]): boolean {
  return ways[0]?.isTaken !== undefined && ways.some(({ needs, isFor }) => needs !== 'publickey' && isFor?.() !== false)
}

function methods(target: SshTarget, means: LoginMeans, progress: Progress, tried: string[]): Way[] {
  const username = target.user
  const ways: Way[] = means.keys.offers.map((offer): Way => {
    if (!('agent' in offer))
      return {
        name: offer.name,
        needs: 'publickey',
        method: async () => ({ type: 'publickey', username, key: offer.key }),
      }
    const agent = new OneKey(offer.agent, offer.key)
    return {
      name: offer.name,
      needs: 'publickey',
      method: async () => ({ type: 'agent', username, agent: agent as ssh2.BaseAgent }),
      isTaken: () => agent.isTaken,
    }
  })
  const source = target.password
  const password = async (): Promise<string | undefined> => {
    if (source === undefined) return undefined
    const secret = await means.reveal(source).catch((error: unknown) => {
      means.past.refused(error)
      throw error
    })
    progress.hasAnswered = true
    const turn = await means.tries.turn('login', source, means.name)
    if (turn.kind === 'try') progress.passwordOutcome = turn.end
    else tried.push(`password: not tried here, as ${turn.at} refused it (several wrong ones lock an account)`)
    return turn.kind === 'try' ? secret.reveal() : undefined
  }
  if (source !== undefined)
    ways.push({
      name: 'password',
      needs: 'password',
      method: async () => {
        const given = await password()
        return given === undefined ? undefined : { type: 'password', username, password: given }
      },
    })
  ways.push({
    name: source === undefined ? 'keyboard-interactive' : 'keyboard-interactive with the password',
    needs: 'keyboard-interactive',
    // Without a password it is for the second factor only: nobody asked for questions on seven hosts
    isFor: () => source !== undefined || progress.isHalfIn,
    method: async () => {
      const given = progress.isPasswordTaken ? undefined : await password()
      if (given === undefined && !progress.isHalfIn) return undefined
      const { name, askPerson, past } = means
      const onPersonWanted = (): void => past.wantedPerson()
      // A push to a telephone asks nothing here
      if (given === undefined) onPersonWanted()
      const answering = { name, askPerson, onPersonWanted, giveUp: progress.giveUp }
      return { type: 'keyboard-interactive', username, prompt: answerPrompts(answering, given, tried) }
    },
  })
  return ways
}
