import * as z from 'zod'

/** Readers of what etcdctl 3.3 to 3.7 prints. Each answers undefined for output that it can't read, and never throws. */

export interface MemberList {
  clusterId: string
  members: MemberEntry[]
}

/** Ids are hexadecimal, as etcdctl shows and takes them. */
export interface MemberEntry {
  id: string
  /** Empty until the member has started. */
  name: string
  peerUrls: string[]
  clientUrls: string[]
  isLearner: boolean
}

export interface EndpointStatus {
  endpoint: string
  clusterId: string
  memberId: string
  version: string
  /** Undefined while the member knows of no leader. */
  leader: string | undefined
  isLearner: boolean
  revision: bigint
  raftTerm: bigint
  raftIndex: bigint
  /** Not in 3.3, where the metric etcd_server_proposals_applied_total tells it. */
  raftAppliedIndex: bigint | undefined
  dbSizeBytes: number
  /** Not in 3.3. */
  dbSizeInUseBytes: number | undefined
  /** From 3.6 on. */
  quotaBytes: number | undefined
  /** From 3.6 on. */
  storageVersion: string | undefined
  /** Alarms and a missing leader, from 3.4 on. */
  errors: string[]
}

export interface EndpointHash {
  endpoint: string
  memberId: string
  /** The store's revision; hashes are comparable at one revision and one compaction only. */
  revision: bigint
  compactRevision: bigint
  hash: bigint
}

export interface Alarm {
  memberId: string
  kind: 'NOSPACE' | 'CORRUPT' | 'unknown'
}

/** `member list -w json`. */
export function parseMemberList(text: string): MemberList | undefined {
  return read(memberList, text)
}

/** `endpoint status -w json`: an entry for each endpoint that answered. */
export function parseEndpointStatuses(text: string): EndpointStatus[] | undefined {
  return read(statuses, text)
}

/** The same for one endpoint. */
export function parseEndpointStatus(text: string): EndpointStatus | undefined {
  return parseEndpointStatuses(text)?.[0]
}

/** `endpoint hashkv -w json`. */
export function parseHashKv(text: string): EndpointHash[] | undefined {
  return read(hashes, text)
}

/** `alarm list -w json`. */
export function parseAlarms(text: string): Alarm[] | undefined {
  return read(alarms, text)
}

/**
 * `endpoint health`, for people or with `-w json`: whether every endpoint that it names is healthy. 3.3 and 3.4 say so in spite of an
 * alarm; 3.5 and later do not.
 */
export function parseEndpointHealth(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim())
  const verdicts = lines.flatMap((line) => {
    const listed = line.startsWith('[') ? read(healths, line) : undefined
    if (listed !== undefined) return listed
    const plain = /^\S+ is (healthy|unhealthy): /.exec(line)
    return plain === null ? [] : [plain[1] === 'healthy']
  })
  return verdicts.length > 0 && verdicts.every(Boolean)
}

function read<T>(schema: z.ZodType<T>, text: string): T | undefined {
  const parsed = schema.safeParse(exactJson(text))
  return parsed.success ? parsed.data : undefined
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

/** etcdctl prints uint64 as bare numbers, which a double would round above 2⁵³: every whole number becomes a BigInt. */
function exactJson(text: string): unknown {
  try {
    return parseWithSource(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value,
    )
  } catch {
    return undefined
  }
}

// etcdctl leaves out what is zero, false or empty.
const uint64 = z
  .bigint()
  .nonnegative()
  .max(2n ** 64n - 1n)
const count = uint64.default(0n)
const id = uint64.refine((value) => value !== 0n).transform((value) => value.toString(16))
const size = uint64.max(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number)
const texts = z.array(z.string()).default([])
const flag = z.boolean().default(false)

const memberList = z
  .object({
    header: z.object({ cluster_id: id }),
    members: z.array(
      z
        .object({ ID: id, name: z.string().default(''), peerURLs: texts, clientURLs: texts, isLearner: flag })
        .transform(({ ID, name, peerURLs, clientURLs, isLearner }): MemberEntry => ({
          id: ID,
          name,
          peerUrls: peerURLs,
          clientUrls: clientURLs,
          isLearner,
        })),
    ),
  })
  .transform(({ header, members }): MemberList => ({ clusterId: header.cluster_id, members }))

const statuses = z.array(
  z
    .object({
      Endpoint: z.string(),
      Status: z.object({
        header: z.object({ cluster_id: id, member_id: id, revision: count }),
        version: z.string(),
        leader: id.optional(),
        isLearner: flag,
        raftTerm: count,
        raftIndex: count,
        raftAppliedIndex: uint64.optional(),
        dbSize: size.default(0),
        dbSizeInUse: size.optional(),
        dbSizeQuota: size.optional(),
        storageVersion: z.string().optional(),
        errors: texts,
      }),
    })
    .transform(({ Endpoint, Status: status }): EndpointStatus => ({
      endpoint: Endpoint,
      clusterId: status.header.cluster_id,
      memberId: status.header.member_id,
      version: status.version,
      leader: status.leader,
      isLearner: status.isLearner,
      revision: status.header.revision,
      raftTerm: status.raftTerm,
      raftIndex: status.raftIndex,
      raftAppliedIndex: status.raftAppliedIndex,
      dbSizeBytes: status.dbSize,
      dbSizeInUseBytes: status.dbSizeInUse,
      quotaBytes: status.dbSizeQuota,
      storageVersion: status.storageVersion,
      errors: status.errors,
    })),
)

const hashes = z.array(
  z
    .object({
      Endpoint: z.string(),
      HashKV: z.object({
        header: z.object({ member_id: id, revision: count }),
        hash: count,
        compact_revision: z.bigint().default(0n),
      }),
    })
    .transform(({ Endpoint, HashKV: { header, hash, compact_revision } }): EndpointHash => ({
      endpoint: Endpoint,
      memberId: header.member_id,
      revision: header.revision,
      compactRevision: compact_revision,
      hash,
    })),
)

// Strict, or any other answer would read as "no alarm".
const alarms = z
  .strictObject({
    header: z.unknown().optional(),
    alarms: z.array(z.object({ memberID: id, alarm: count })).default([]),
  })
  .transform(({ alarms: list }): Alarm[] =>
    list.map(({ memberID, alarm }) => ({ memberId: memberID, kind: alarmKinds.get(alarm) ?? 'unknown' })),
  )

const alarmKinds: ReadonlyMap<bigint, Alarm['kind']> = new Map([
  [1n, 'NOSPACE'],
  [2n, 'CORRUPT'],
])

const healths = z.array(z.object({ health: z.boolean() }).transform(({ health }) => health))
