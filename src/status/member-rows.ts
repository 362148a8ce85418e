import { DeployError } from '../errors.ts'
import type { MemberEntry } from '../etcd/etcdctl-output.ts'
import { clientUrls, peerUrl } from '../etcd/urls.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { isHealthy, memberList } from '../steps/members.ts'
import { reached, type Seen } from '../steps/seen.ts'

export interface MemberRow {
  name: string
  id: string
  role: 'voter' | 'learner' | ''
  healthy: boolean
  peerUrls: string[]
  clientUrls: string[]
  /** Empty: etcd and inventory agree. */
  difference: string
}

/** In the inventory's order; members that it does not have come last. */
export function memberRows(cluster: Cluster, seen: Seen): MemberRow[] {
  const members = memberList(seen)
  if (members === undefined)
    throw new DeployError({
      message: 'no member tells who is in the cluster',
      tried: 'ask every member for the list',
      next: 'etcd-deploy status says what is wrong with them',
    })
  const known = members.map((member): MemberRow => {
    const node = cluster.nodes.find(
      (each) => each.name === member.name || member.peerUrls.includes(peerUrl(cluster, each)),
    )
    return {
      name: member.name || node?.name || '',
      id: member.id,
      role: member.isLearner ? 'learner' : 'voter',
      healthy: isHealthy(reached(seen, node?.name ?? '')),
      peerUrls: member.peerUrls,
      clientUrls: member.clientUrls,
      difference: differenceOf(cluster, node, member),
    }
  })
  const absent = cluster.nodes.filter(({ name }) => known.every((row) => row.name !== name))
  const rows = [...known, ...absent.map((node) => absentRow(cluster, node))]
  const place = ({ name }: MemberRow): number => {
    const at = cluster.nodes.findIndex((node) => node.name === name)
    return at === -1 ? cluster.nodes.length : at
  }
  return rows.toSorted((one, other) => place(one) - place(other))
}

function differenceOf(cluster: Cluster, node: Node | undefined, { id, name, peerUrls }: MemberEntry): string {
  if (node === undefined) return `not in the inventory: etcd-deploy member remove ${name || id}`
  if (name === '') return 'added, has never started'
  if (name !== node.name) return `the inventory calls it ${node.name}`
  const wanted = peerUrl(cluster, node)
  return peerUrls.includes(wanted) ? '' : `the inventory says ${wanted}`
}

function absentRow(cluster: Cluster, node: Node): MemberRow {
  const difference = `in the inventory only: etcd-deploy member add ${node.name}`
  return {
    name: node.name,
    id: '',
    role: '',
    healthy: false,
    peerUrls: [peerUrl(cluster, node)],
    clientUrls: clientUrls(cluster, node),
    difference,
  }
}
