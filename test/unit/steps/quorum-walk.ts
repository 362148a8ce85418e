import { nextWave, type Wave } from '../../../src/engine/plan.ts'
import { DeployError } from '../../../src/errors.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { Playbook } from '../../../src/playbook.ts'
import { guard } from '../../../src/steps/guard.ts'
import type { ReachedHost, Seen } from '../../../src/steps/seen.ts'
import type { StageTarget } from '../../../src/steps/stage-target.ts'
import { formed } from './quorum-states.ts'
import { wanted } from './wanting.ts'

/** One case of a playbook: what it is run on, and what its stages want. */
export interface Case {
  playbook: Playbook
  inventory: Cluster
  from: Seen
  at?(target: StageTarget | undefined): Cluster
  joins?: string
  leaves?: { name: string; id: string }
}

type Voting = 'healthy' | 'may vote' | 'down'

/** Told apart from `voters` of src, which the guard goes by: who votes in etcd's list, and what is seen of its host. */
export function voting(seen: Seen): Map<string, Voting> {
  const hosts = [...seen.hosts].flatMap(([name, on]) => (on.kind === 'reached' ? [{ name, on }] : []))
  const list = hosts.find(({ on }) => on.etcd?.members !== undefined)?.on.etcd?.members ?? []
  return new Map(
    list
      .filter(({ isLearner }) => !isLearner)
      .map(({ name, peerUrls }) => {
        const node = name || `node${peerUrls[0]?.match(/\.(\d+):/)?.[1]}`
        return [node, stateOf(hosts.find((each) => each.name === node)?.on)]
      }),
  )
}

function stateOf(on: ReachedHost | undefined): Voting {
  if (on === undefined) return 'may vote'
  if (on.etcd?.healthy === true) return 'healthy'
  if (on.process === undefined || on.unit.active !== 'active') return 'down'
  return on.etcd?.status !== undefined && on.etcd.status.leader === undefined ? 'down' : 'may vote'
}

/** By what is done on the host, whatever the change itself says that it takes down. */
export function interrupted(wave: Wave<Seen>): string[] {
  return wave.filter(({ what }) => /^(restart|stop)\b/.test(what)).map(({ host }) => host)
}

const majority = (count: number): number => Math.floor(count / 2) + 1

function count(voters: ReadonlyMap<string, Voting>, without: readonly string[] = []): number {
  return [...voters].filter(([name, state]) => state === 'healthy' && !without.includes(name)).length
}

/** Goes through all waves as the engine does; ends where it would refuse. What went wrong, or undefined. */
export function walk(
  { playbook, inventory, from, at, joins, leaves }: Case,
  allowDowntime = false,
): string | undefined {
  let now = from
  for (const stage of playbook.stages) {
    const of = at?.(stage.target) ?? inventory
    const coming = { ...(joins === undefined ? {} : { joins }), ...(leaves === undefined ? {} : { leaves }) }
    const want = { ...wanted(of, now, formed), ...coming }
    for (let number = 0; ; number++) {
      if (number > 200) return 'it has no end'
      const wave = planned(() => nextWave(stage.steps, want, now))
      if (wave === 'refused') return undefined
      if (wave.length === 0) break
      const down = wave.find(({ takesDown }) => takesDown !== undefined)
      const refusal = down && guard(of, down, now)
      if (refusal !== undefined && !(refusal.allowable && allowDowntime)) return undefined
      const wrong = refusal === undefined ? harmOf(now, wave) : undefined
      if (wrong !== undefined) return `${stage.name}: ${wrong}`
      now = wave.reduce((state, change) => change.predict(state), now)
    }
  }
  return undefined
}

function planned(plan: () => Wave<Seen>): Wave<Seen> | 'refused' {
  try {
    return plan()
  } catch (error) {
    if (error instanceof DeployError) return 'refused'
    throw error
  }
}

export function harmOf(before: Seen, wave: Wave<Seen>): string | undefined {
  const voters = voting(before)
  const gone = interrupted(wave)
  const spent = gone.filter((name) => ['healthy', 'may vote'].includes(voters.get(name) ?? 'down'))
  if (spent.length > 0 && count(voters, gone) < majority(voters.size))
    return `${gone.join(', ')} down: ${count(voters, gone)} healthy of ${voters.size} left`
  const after = voting(wave.reduce((state, change) => change.predict(state), before))
  const hadQuorum = count(voters) >= majority(voters.size)
  if (after.size !== voters.size && hadQuorum && count(after) < majority(after.size))
    return `${wave.map(({ what }) => what).join(', ')}: ${count(after)} healthy of ${after.size}`
  return undefined
}
