import { canonicalAddress } from './address.ts'
import type { Inventory } from './define.ts'
import type { Problem } from './describe.ts'
import type { Partly } from './prune.ts'

type NodeParts = Partly<Inventory['nodes'][string]>

export const defaultPorts = { peer: 2380, client: 2379, ssh: 22 }

/** No two members at one address, none without, and each on a host of its own. */
export function addressProblems({ nodes = {}, ssh }: Partly<Inventory>): Problem[] {
  const taken = new Map<string, string>()
  const reached = new Map<string, string>()
  return Object.entries(nodes).flatMap(([name, node = {}]) => {
    const problems = endpointProblems(name, node, taken)
    return problems.length > 0 ? problems : hostProblems(name, node, ssh, reached)
  })
}

function endpointProblems(name: string, node: NodeParts, taken: Map<string, string>): Problem[] {
  const problems: Problem[] = []
  const told = new Set<string>()
  for (const kind of ['peer', 'client'] as const) {
    const own = node[kind]?.address
    const address = own ?? node.address
    if (address === undefined) continue
    const port = node[kind]?.port ?? defaultPorts[kind]
    const place = `${canonicalAddress(address)} port ${port}`
    const other = taken.get(place)
    taken.set(place, other ?? name)
    const path = own === undefined ? ['nodes', name, 'address'] : ['nodes', name, kind, 'address']
    if (other === undefined || other === name || told.has(path.join())) continue
    told.add(path.join())
    problems.push({ path, reason: `${place} is ${other}'s already` })
  }
  const peerPort = node.peer?.port ?? defaultPorts.peer
  if (peerPort === (node.client?.port ?? defaultPorts.client)) {
    const path = ['nodes', name, node.client?.port === undefined ? 'peer' : 'client', 'port']
    problems.push({
      path,
      reason: `${peerPort} is this member's ${node.client?.port === undefined ? 'client' : 'peer'} port: they must differ`,
    })
  }
  return problems
}

function hostProblems(
  name: string,
  node: NodeParts,
  all: Partly<Inventory>['ssh'],
  reached: Map<string, string>,
): Problem[] {
  const ssh = { ...all, ...node.ssh }
  const host = ssh.host ?? node.address ?? node.client?.address
  if (host === undefined) return []
  const way = JSON.stringify([canonicalAddress(host), ssh.port ?? defaultPorts.ssh, ssh.jump ?? false])
  const other = reached.get(way)
  reached.set(way, other ?? name)
  if (other === undefined) return []
  const reason = `is the same sshd as ${other}'s (${host}, port ${ssh.port ?? defaultPorts.ssh}): each member needs a host of its own`
  return [{ path: ['nodes', name, 'ssh'], reason }]
}

/** A node that has nowhere to be reached; asked only of nodes that are right so far. */
export function missingAddress(name: string, { address, peer, client }: NodeParts): Problem[] {
  if (address !== undefined || (peer?.address !== undefined && client?.address !== undefined)) return []
  if (peer?.address === undefined && client?.address === undefined) {
    return [
      {
        path: ['nodes', name, 'address'],
        reason: 'is missing: an address or DNS name (or peer.address and client.address)',
      },
    ]
  }
  const missing = peer?.address === undefined ? 'peer' : 'client'
  return [
    {
      path: ['nodes', name, missing, 'address'],
      reason: 'is missing, and there is no address for the node as a whole',
    },
  ]
}
