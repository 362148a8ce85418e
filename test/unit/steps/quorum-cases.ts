import { changeIp } from '../../../playbooks/change-ip.ts'
import { memberAdd, memberReplace } from '../../../playbooks/member-add.ts'
import memberRemove from '../../../playbooks/member-remove.ts'
import restart from '../../../playbooks/restart.ts'
import { rotateCa } from '../../../playbooks/rotate-ca.ts'
import rotateCerts from '../../../playbooks/rotate-certs.ts'
import start from '../../../playbooks/start.ts'
import stop from '../../../playbooks/stop.ts'
import tlsEnable from '../../../playbooks/tls-enable.ts'
import up from '../../../playbooks/up.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { Move } from '../../../src/inventory/move.ts'
import type { Playbook } from '../../../src/playbook.ts'
import { isAddressTarget, moving } from '../../../src/steps/address-change.ts'
import { leaverNamed } from '../../../src/steps/leaver.ts'
import { leavingProblems } from '../../../src/steps/leaving-problems.ts'
import { refuseJoiner } from '../../../src/steps/refuse-joiner.ts'
import { refuseToReplace } from '../../../src/steps/refuse-members.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import type { StageTarget } from '../../../src/steps/stage-target.ts'
import { isTlsTarget, opened } from '../../../src/steps/tls-opening.ts'
import { ofSize, seenIn, type Mixture } from './quorum-states.ts'
import type { Case } from './quorum-walk.ts'

const changed = { settings: { 'heartbeat-interval': '200ms' } }
const sizeOf = ({ members }: Mixture): number => members.length

function plain(playbook: Playbook, parts: Record<string, unknown> = {}) {
  return (mixture: Mixture): Case => {
    const inventory = ofSize(sizeOf(mixture), parts)
    return { playbook, inventory, from: seenIn(ofSize(sizeOf(mixture), { ...parts, settings: {} }), mixture) }
  }
}

/** Every other member moves. */
function moves(inventory: Cluster): Move[] {
  return inventory.nodes
    .filter((_, index) => index % 2 === 0)
    .map(({ name, peer, client }) => {
      const address = peer.address.replace('10.0.0.', '10.0.1.')
      const to = {
        peer: { ...peer, address, listen: address },
        client: { ...client, address, listen: address, advertise: [address] },
      }
      return { node: name, from: { peer, client }, to }
    })
}

export const cases: Record<string, (mixture: Mixture) => Case> = {
  'up with changed settings': plain(up, changed),
  'up with TLS and changed settings': plain(up, { ...changed, tls: { mode: 'mutual' } }),
  restart: plain(restart(Number.MAX_SAFE_INTEGER - 1)),
  'rotate-certs': plain(rotateCerts, { tls: { mode: 'mutual' } }),
  'rotate-certs --ca': plain(rotateCa, { tls: { mode: 'mutual' } }),
  start: plain(start),
  'stop --on all of them': plain(stop({ whole: false })),
  'change-ip': (mixture) => {
    const inventory = ofSize(sizeOf(mixture))
    const made = moves(inventory)
    const at = (target: StageTarget | undefined) =>
      moving(inventory, made, isAddressTarget(target) ? target : undefined)
    return { playbook: changeIp, inventory, from: seenIn(inventory, mixture), at }
  },
  'tls enable': (mixture) => {
    const inventory = ofSize(sizeOf(mixture), { tls: { mode: 'mutual' } })
    const at = (target: StageTarget | undefined) => opened(inventory, isTlsTarget(target) ? target : 'both for clients')
    return { playbook: tlsEnable, inventory, from: seenIn(ofSize(sizeOf(mixture)), mixture), at }
  },
}

/** The last node joins; it is whatever it is seen to be, not in the list, or there already. */
export function adds(version: string) {
  return (mixture: Mixture): Case | 'refused' => {
    const inventory = ofSize(sizeOf(mixture), { version })
    const from = seenIn(inventory, mixture)
    const joins = `node${sizeOf(mixture)}`
    if (isAway(from, joins) || refuseJoiner(inventory, joins, from).length > 0) return 'refused'
    return { playbook: memberAdd, inventory, from, joins }
  }
}

/** Where nobody can be reached nobody is made a member: the first look refuses that. */
function isAway(seen: Seen, name: string): boolean {
  return seen.hosts.get(name)?.kind === 'unreachable'
}

export function replaces(mixture: Mixture): Case | 'refused' {
  const inventory = ofSize(sizeOf(mixture))
  const from = seenIn(inventory, mixture)
  const joins = `node${sizeOf(mixture)}`
  if (isAway(from, joins) || refuseToReplace(inventory, joins, from).length > 0) return 'refused'
  return { playbook: memberReplace({ id: `id-${joins}` }), inventory, from, joins }
}

/** The last node leaves for good, whatever it is seen to be: its host may be away. */
export function removes(mixture: Mixture): Case | 'refused' {
  const whole = ofSize(sizeOf(mixture))
  const from = seenIn(whole, mixture)
  const name = `node${sizeOf(mixture)}`
  const leaver = leaverNamed(whole, name, from, undefined)
  if (leaver === undefined || leavingProblems(whole, leaver, from).some(({ warning }) => warning !== true))
    return 'refused'
  const inventory = { ...whole, nodes: whole.nodes.filter((node) => node.name !== name) }
  return { playbook: memberRemove, inventory, from, leaves: leaver }
}
