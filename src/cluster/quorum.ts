/** Votes needed: a majority of all voters, reachable or not. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** `unknown`: it could not be asked. It may be voting all the same, so it is never spent, and never counted on. */
export type Health = 'healthy' | 'down' | 'unknown'

export interface Voter {
  name: string
  health: Health
}

export type Verdict =
  | { kind: 'may' }
  /** It serves nobody now: taking it down costs no vote. */
  | { kind: 'already-down' }
  /** `allowable`: a person may take it upon himself, as none could be spared in full health, or as nobody knows whether it votes. */
  | { kind: 'refused'; arithmetic: string; because: 'quorum-would-be-lost' | 'none-to-spare' | 'not-known' }

/** The quorum guard: may this member be taken down, given what is known of the voters right now? */
export function mayTakeDown(name: string, voters: readonly Voter[], learners: readonly string[] = []): Verdict {
  if (learners.includes(name)) return { kind: 'already-down' }
  const self = voters.find((voter) => voter.name === name)
  if (self?.health === 'down') return { kind: 'already-down' }
  const left = voters.filter((voter) => voter.name !== name && voter.health === 'healthy').length
  const needed = quorumOf(voters.length)
  if (self !== undefined && left >= needed) return { kind: 'may' }
  return { kind: 'refused', arithmetic: arithmeticOf(name, voters, left, needed), because: reasonOf(self, voters) }
}

/**
 * May a member be added, learners too? etcd wants a quorum of the larger cluster to be connected by then: with one of three down every
 * add is refused, with one of four it is not. A single member may always get a second.
 */
export function mayAdd(voters: readonly Voter[]): Verdict {
  return enough(voters, voters.length === 1 ? 1 : quorumOf(voters.length + 1), `a cluster of ${voters.length + 1}`)
}

/** May this voter be taken out of the cluster for good? The others must be a quorum among themselves. */
export function mayRemove(name: string, voters: readonly Voter[]): Verdict {
  const others = voters.filter((voter) => voter.name !== name)
  return enough(others, quorumOf(others.length), 'the others')
}

function enough(voters: readonly Voter[], needed: number, of: string): Verdict {
  const healthy = voters.filter((voter) => voter.health === 'healthy').length
  if (healthy >= needed && voters.length > 0) return { kind: 'may' }
  const not = voters.filter((voter) => voter.health !== 'healthy').map((voter) => voter.name)
  const absent = not.length === 0 ? '' : ` (not healthy: ${not.join(', ')})`
  return {
    kind: 'refused',
    arithmetic: `${of} must have ${needed} healthy, ${healthy} are${absent}`,
    because: 'quorum-would-be-lost',
  }
}

/** How many more voters may fail before writes stop; negative: quorum is lost already. */
export function failuresSurvived(voters: readonly Voter[]): number {
  return voters.filter((voter) => voter.health === 'healthy').length - quorumOf(voters.length)
}

function reasonOf(
  self: Voter | undefined,
  voters: readonly Voter[],
): 'quorum-would-be-lost' | 'none-to-spare' | 'not-known' {
  if (self === undefined || self.health === 'unknown') return 'not-known'
  return voters.length - 1 < quorumOf(voters.length) ? 'none-to-spare' : 'quorum-would-be-lost'
}

/** What is left without these, in words. */
export function arithmeticOf(name: string, voters: readonly Voter[], left: number, needed: number): string {
  const named = (health: Health): string =>
    voters
      .filter((voter) => voter.health === health)
      .map((voter) => voter.name)
      .join(', ')
  const [down, unknown] = [named('down'), named('unknown')]
  const because = [down && `down: ${down}`, unknown && `not known: ${unknown}`].filter(Boolean).join('; ')
  const healthy = voters.filter((voter) => voter.health === 'healthy').length
  const count = `${voters.length} voter${voters.length === 1 ? '' : 's'}, quorum ${needed}, healthy ${healthy}`
  return `${count}${because === '' ? '' : ` (${because})`}: without ${name} ${left} would be left`
}
