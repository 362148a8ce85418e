import type { Stage, Step } from '../engine/playbook.ts'
import { peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import type { Move } from '../inventory/move.ts'
import { isHealthy, memberList } from './members.ts'
import { reached, reachedHosts, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

const targets = [
  'certificates name both',
  'at the new address',
  'find each other',
  'known at the new address',
  'no translation',
  'nothing names the old',
] as const

/** How far members that move have come. */
export type AddressTarget = (typeof targets)[number]

export function isAddressTarget(target: string | undefined): target is AddressTarget {
  return (targets as readonly (string | undefined)[]).includes(target)
}

/** The cluster while members move: at their new addresses, and their certificates good for the former ones until the last stage. */
export function moving(
  cluster: Cluster,
  moves: readonly Move[],
  target: AddressTarget = 'certificates name both',
): Cluster {
  const named = target !== 'nothing names the old'
  const nodes = cluster.nodes.map((node) => {
    const move = moves.find((each) => each.node === node.name)
    return move === undefined ? node : { ...node, ...move.to, formerly: { ...move.from, named } }
  })
  return { ...cluster, nodes }
}

export interface AddressStage {
  name: string
  target: AddressTarget
  steps: readonly Step<Wanted, Seen>[]
}

/** Reached by what the members' processes listen on and by etcd's own list; the last stage is always gone through to its end. */
export function addressStages(stages: readonly AddressStage[]): Stage<Wanted, Seen, AddressTarget>[] {
  return stages.map((stage) => ({ ...stage, reached: reaches[stage.target] }))
}

const never = (): boolean => false

const reaches: Record<AddressTarget, (want: Wanted, seen: Seen) => boolean> = {
  'certificates name both': never,
  'at the new address': (want, seen) =>
    movers(want).every((node) => servesAtNew(want, seen, node) && isKnownAtNew(want, seen, node)),
  'find each other': (want, seen) =>
    want.cluster.nodes.every(({ name }) => isHealthy(reached(seen, name))) &&
    movers(want).every((node) => servesAtNew(want, seen, node)),
  'known at the new address': (want, seen) => movers(want).every((node) => isKnownAtNew(want, seen, node)),
  'no translation': (want, seen) =>
    reaches['known at the new address'](want, seen) &&
    reachedHosts(seen).every(([, on]) => on.recovery?.chains.length === 0),
  'nothing names the old': never,
}

function movers({ cluster }: Wanted): Node[] {
  return cluster.nodes.filter(({ formerly }) => formerly !== undefined)
}

function servesAtNew(want: Wanted, seen: Seen, { name }: Node): boolean {
  const on = reached(seen, name)
  return isHealthy(on) && listensAtNew(want, on?.process?.environment, name)
}

/** A process listens where it did when it was started, whatever was written since. */
export function listensAtNew(
  { members }: Wanted,
  running: Readonly<Record<string, string>> | undefined,
  name: string,
): boolean {
  const wanted = members.get(name)?.environment
  return urls.every((variable) => running?.[variable] !== undefined && running[variable] === wanted?.[variable])
}

const urls = ['ETCD_LISTEN_PEER_URLS', 'ETCD_LISTEN_CLIENT_URLS', 'ETCD_ADVERTISE_CLIENT_URLS']

export function isKnownAtNew({ cluster }: Wanted, seen: Seen, node: Node): boolean {
  const known = memberList(seen)?.find(({ name }) => name === node.name)
  return known?.peerUrls.length === 1 && known.peerUrls[0] === peerUrl(cluster, node)
}
