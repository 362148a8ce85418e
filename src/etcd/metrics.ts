/** What a member's `/metrics` tells that etcdctl does not; undefined: not there. */
export interface MemberMetrics {
  /** Member id → links to it that are up. A one-way link shows here while `/health` stays green. 3.3 has no such metric. */
  activePeers: ReadonlyMap<string, number>
  hasLeader: boolean | undefined
  proposalsApplied: bigint | undefined
  startedAtMs: number | undefined
  quotaBytes: number | undefined
  dbSizeInUseBytes: number | undefined
}

/** Undefined for a text that is no etcd's. */
export function parseMetrics(text: string): MemberMetrics | undefined {
  const samples = new Map<string, number>()
  const activePeers = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line.trimEnd())
    if (match === null) continue
    const [, name = '', labels, value] = match
    const number = Number(value)
    if (!Number.isFinite(number)) continue
    if (labels === undefined) samples.set(name, number)
    const remote = name === 'etcd_network_active_peers' ? /\bRemote="([\da-f]+)"/.exec(labels ?? '')?.[1] : undefined
    if (remote !== undefined) activePeers.set(remote, number)
  }
  const hasLeader = samples.get('etcd_server_has_leader')
  const applied = samples.get('etcd_server_proposals_applied_total')
  if (hasLeader === undefined && applied === undefined) return undefined
  const startedAtS = samples.get('process_start_time_seconds')
  return {
    activePeers,
    hasLeader: hasLeader === undefined ? undefined : hasLeader === 1,
    proposalsApplied: applied !== undefined && Number.isSafeInteger(applied) ? BigInt(applied) : undefined,
    startedAtMs: startedAtS === undefined ? undefined : Math.round(startedAtS * 1000),
    quotaBytes: samples.get('etcd_server_quota_backend_bytes'),
    dbSizeInUseBytes: samples.get('etcd_mvcc_db_total_size_in_use_in_bytes'),
  }
}
