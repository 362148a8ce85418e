import { createHash } from 'node:crypto'

/**
 * The ids of a cluster that is formed from nothing, in hexadecimal: every member makes them from the token and the peer URLs alone, so that
 * they are known before the first one starts. The same since etcd 3.0 (server/etcdserver/api/membership: computeMemberID, genID).
 */
export function idsOfNewCluster(peerUrls: readonly string[], token: string): { clusterId: string; members: string[] } {
  const members = peerUrls.map((url) => firstOfSum(url + token))
  const sorted = members.toSorted(Buffer.compare)
  return { clusterId: hex(firstOfSum(Buffer.concat(sorted))), members: members.map(hex) }
}

function firstOfSum(input: string | Buffer): Buffer {
  return createHash('sha1').update(input).digest().subarray(0, 8)
}

function hex(id: Buffer): string {
  return id.readBigUInt64BE().toString(16)
}
