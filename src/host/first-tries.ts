import type { SecretSource } from '../inventory/model.ts'

/**
 * Passwords that hosts share are tried on one of them first: a wrong one on seven hosts would lock an account that is theirs in common.
 * Once one host took it, all others try it at the same time. A host that refused it is never given it again; one that hangs over it keeps
 * the others waiting for a while only.
 */
export interface FirstTries {
  /** Waits while another host tries it for the first time. */
  turn(use: Use, source: SecretSource, host: string): Promise<Turn>
  /** The host that refused it, where it is not to be tried here; nothing is waited for. */
  refusedAt(use: Use, source: SecretSource, host: string): string | undefined
}

export type Use = 'login' | 'sudo'

export type Turn = { kind: 'refused'; at: string } | { kind: 'try'; end: (outcome: Outcome) => void }

/** `unknown`: it ended before the host said anything of the password. */
export type Outcome = 'right' | 'wrong' | 'unknown'

export function firstTries(patienceMs = defaultPatienceMs): FirstTries {
  const all = new Map<string, Shared>()
  const sharedBy = (use: Use, source: SecretSource): Shared => {
    const key = JSON.stringify([use, source])
    const shared = all.get(key) ?? { isTaken: false, refusedBy: new Set(), trying: undefined }
    all.set(key, shared)
    return shared
  }
  return {
    refusedAt: (use, source, host) => refusedAt(sharedBy(use, source), host),
    async turn(use, source, host) {
      const shared = sharedBy(use, source)
      for (;;) {
        const at = refusedAt(shared, host)
        if (at !== undefined) return { kind: 'refused', at }
        if (shared.isTaken) return { kind: 'try', end: (outcome) => learn(shared, host, outcome) }
        if (shared.trying === undefined) return { kind: 'try', end: beginTry(shared, host, patienceMs) }
        await shared.trying
      }
    },
  }
}

/** Longer than a host takes to refuse a password; a sudo that waits for a directory that is down may take minutes. */
const defaultPatienceMs = 10_000

/** What is known of one password. */
interface Shared {
  isTaken: boolean
  refusedBy: Set<string>
  /** The first try, while it is under way. */
  trying: Promise<void> | undefined
}

function refusedAt({ isTaken, refusedBy }: Shared, host: string): string | undefined {
  if (refusedBy.has(host)) return host
  // One host has it otherwise then, the others have not
  return isTaken ? undefined : [...refusedBy][0]
}

function learn(shared: Shared, host: string, outcome: Outcome): void {
  if (outcome === 'right') shared.isTaken = true
  if (outcome === 'wrong') shared.refusedBy.add(host)
}

function beginTry(shared: Shared, host: string, patienceMs: number): (outcome: Outcome) => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const passOn = (): void => {
    if (shared.trying === promise) shared.trying = undefined
    resolve()
  }
  const patience = setTimeout(passOn, patienceMs)
  shared.trying = promise
  return (outcome) => {
    clearTimeout(patience)
    learn(shared, host, outcome)
    passOn()
  }
}
