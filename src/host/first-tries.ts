import type { SecretSource } from '../inventory/model.ts'

/**
 * Passwords that hosts share are tried on one of them first: a wrong one on seven hosts would lock an account that is theirs in common.
 * Once one host took it, all others try it at the same time.
 */
export interface FirstTries {
  /** Waits while another host tries it for the first time. */
  turn(use: 'login' | 'sudo', source: SecretSource, host: string): Promise<Turn>
}

export type Turn = { kind: 'refused'; at: string } | { kind: 'try'; end: (outcome: Outcome) => void }

/** `unknown`: it ended before the host said anything of the password. */
export type Outcome = 'right' | 'wrong' | 'unknown'

export function firstTries(): FirstTries {
  const tries = new Map<string, { host: string; outcome: Promise<Outcome> }>()
  return {
    async turn(use, source, host) {
      const key = JSON.stringify([use, source])
      for (let before = tries.get(key); before !== undefined; before = tries.get(key)) {
        const outcome = await before.outcome
        if (outcome === 'right') return { kind: 'try', end: () => {} }
        if (outcome === 'wrong') return { kind: 'refused', at: before.host }
        if (tries.get(key) === before) tries.delete(key)
      }
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      tries.set(key, { host, outcome: promise })
      return { kind: 'try', end: resolve }
    },
  }
}
