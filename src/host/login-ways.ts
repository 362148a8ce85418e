import type { AnyAuthMethod } from 'ssh2'
import type ssh2 from 'ssh2'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import type { Secret } from '../secret.ts'
import { OneKey } from './agent.ts'
import type { FirstTries, Outcome } from './first-tries.ts'
import type { KeyOffers } from './key-offers.ts'
import type { PastLogin } from './past-logins.ts'
import { answerPrompts } from './second-factor.ts'

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

/** What has become of the login so far. */
export interface Progress {
  /** Another prompt wants something else then. */
  isPasswordTaken: boolean
  /** One factor was taken, another is wanted. */
  isHalfIn: boolean
  /** With more than keys. */
  hasAnswered: boolean
  isRefusedByAgent: boolean
  /** Of the password that is being tried. */
  passwordOutcome: ((outcome: Outcome) => void) | undefined
  giveUp: () => void
}

/** One way to log in. */
export interface Way {
  name: string
  needs: string
  /** False: not at this point. */
  isFor?: () => boolean
  /** Undefined: it can't be tried; why is told. */
  method(): Promise<AnyAuthMethod | undefined>
  /** Of a key in an agent: the server wanted its signature, and got it or not. */
  isTaken?: () => boolean
  isRefusedByAgent?: () => boolean
}

/** All that there are, in the order in which they are tried; `tried`: where it is told what could not be. */
export function waysIn(target: SshTarget, means: LoginMeans, progress: Progress, tried: string[]): Way[] {
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
      isTaken: () => agent.hasSigned,
      isRefusedByAgent: () => agent.hasRefused,
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
