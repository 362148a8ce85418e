/** Votes needed: a majority of all voters, reachable or not. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

export interface Voter {
  name: string
  healthy: boolean
}

export type Verdict =
  | { kind: 'may' }
  /** It serves nobody now: taking it down costs no vote. */
  | { kind: 'already-down' }
  | {
      kind: 'refused'
      arithmetic: string
      /** Even with every voter healthy none could be spared. */ noneToSpare: boolean
    }

/** The quorum guard: may this voter be taken down, given which voters are healthy right now? */
export function mayTakeDown(name: string, voters: readonly Voter[]): Verdict {
  const self = voters.find((voter) => voter.name === name)
  // A learner has no vote, an unhealthy voter gives none: quorum does not depend on them.
  if (self === undefined || !self.healthy) return { kind: 'already-down' }
  const healthy = voters.filter((voter) => voter.healthy)
  const needed = quorumOf(voters.length)
  const left = healthy.length - 1
  if (left >= needed) return { kind: 'may' }
  const down = voters.filter((voter) => !voter.healthy).map((voter) => voter.name)
  const because = down.length > 0 ? `, as ${down.join(', ')} ${down.length === 1 ? 'is' : 'are'} down` : ''
  return {
    kind: 'refused',
    arithmetic: `${voters.length} voter${voters.length === 1 ? '' : 's'}, quorum ${needed}, healthy ${healthy.length}${because}: without ${name} ${left} would be left`,
    noneToSpare: voters.length - 1 < needed,
  }
}

/** How many more voters may fail before writes stop; negative: quorum is lost already. */
export function failuresSurvived(voters: readonly Voter[]): number {
  return voters.filter((voter) => voter.healthy).length - quorumOf(voters.length)
}
