import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import type { Move } from '../inventory/move.ts'
import { absentAddresses } from './absent-addresses.ts'
import { reached, type Seen } from './seen.ts'
import { cannotTranslate } from './translation.ts'
import { crossesFamilies, translationsFor } from './translation-rules.ts'
import { unreachableProblems } from './unreachable.ts'

/** Why members without quorum can't be brought together at new addresses, or why that is not what they need. */
export function refuseRecovery(cluster: Cluster, moves: readonly Move[], seen: Seen): DeployError[] {
  const absent = cluster.nodes.filter(({ name }) => reached(seen, name) === undefined)
  if (absent.length > 0) return absent.map((node) => unreached(node, seen))
  if (moves.every(({ node, from }) => has(seen, node, from.peer.listen)))
    return [
      refused(undefined, {
        message:
          'there is no quorum, and not for the sake of addresses: every member that shall move still has its own',
        tried: 'look for the former addresses on the hosts',
        next: ['etcd-deploy status says what is wrong with the members', 'move them once there is quorum'],
      }),
    ]
  const forgotten = cluster.nodes.filter(
    ({ name, peer, formerly }) => formerly === undefined && !has(seen, name, peer.listen),
  )
  return [
    ...forgotten.map(({ name, peer }) =>
      refused(name, {
        message: `its address ${peer.address} is gone too, and --map does not say where it is now`,
        tried: 'look for the addresses of all members on their hosts',
        next: `add ${peer.address}=ITS_NEW_ADDRESS to --map`,
      }),
    ),
    ...crossing(cluster),
    ...cannotTranslate({ cluster }, seen).map(([host]) =>
      refused(host, {
        message:
          'this host has nothing that leads from one address to another: neither iptables nor nft, nor ip and systemd-socket-proxyd',
        tried: 'iptables -t nat -S OUTPUT; nft list tables; look for ip and systemd-socket-proxyd',
        next: [
          'install iptables or nftables there',
          'or give every host its former address back for a while, beside the new one (ip addr add), and do the same again',
        ],
      }),
    ),
  ]
}

function unreached(node: Node, seen: Seen): DeployError {
  const [problem] = unreachableProblems(node, seen, { forming: true })
  const { message = '', tried = 'connect to all hosts', answered } = problem?.error ?? {}
  const isNamed = node.formerly !== undefined
  return refused(node.name, {
    message: 'there is no quorum, and this host cannot be reached: members are brought together all at once',
    tried,
    answered: [message, ...(answered === undefined ? [] : [answered])].join('\n'),
    next: [
      isNamed
        ? `is ${node.peer.address} the address that it has now? correct it`
        : `if its address is gone too: add ${node.peer.address}=ITS_NEW_ADDRESS to --map`,
      'make it reachable (ssh.host in the inventory may be an address of its own), then do the same again',
    ],
  })
}

function crossing(cluster: Cluster): DeployError[] {
  const found = cluster.nodes.flatMap(({ name }) => translationsFor(cluster, name)).find(crossesFamilies)
  if (found === undefined) return []
  return [
    refused(undefined, {
      message: `no translation leads from ${found.from.address} to ${found.to.address}: one is IPv4, the other IPv6`,
      tried: 'compare the former addresses with the new ones',
      next: [
        'give every host an address of the former kind for a while, and bring the members together at those first',
        'then change-ip each to its other address, while there is quorum',
      ],
    }),
  ]
}

function has(seen: Seen, host: string, listen: string): boolean {
  const on = reached(seen, host)
  return on === undefined || absentAddresses([listen], on).length === 0
}

function refused(
  host: string | undefined,
  facts: { message: string; tried: string; answered?: string; next: string | string[] },
): DeployError {
  return new DeployError({ ...facts, ...(host === undefined ? {} : { host }), exitCode: exitCode.refused })
}
