import * as z from 'zod'

import type { Script } from '../host/host.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { memberAccess, useMember } from './etcdctl-shell.ts'

/** What stands before the bytes, in one line. */
export interface SnapshotHeader {
  sizeBytes: number
  /** Undefined: no tool on the host could tell (etcd 3.6 and later without etcdutl). */
  revision: number | undefined
}

export interface SnapshotRequest {
  cluster: Cluster
  node: Node
  /** Of the member's database. */
  sizeBytes: number
  /** For etcd to write the snapshot on its host. */
  saveTimeoutMs: number
  /** In the name of the folder there, so that it can be found again. */
  token: string
}

/**
 * Saves on the host, then prints the header and the bytes; the folder goes with the script, however it ends. Exit status 3: not enough
 * space, 4: the save failed.
 */
export function saveScript({ cluster, node, sizeBytes, saveTimeoutMs, token }: SnapshotRequest): Script {
  const at = layoutOf(cluster)
  const neededKiB = Math.ceil(sizeBytes / 1024) + spareKiB
  const numbers = [String(neededKiB), String(Math.ceil(saveTimeoutMs / 1000))]
  return { text: save, args: [...memberAccess(cluster, node), at.etcdutl, at.stateDir, token, ...numbers] }
}

/** For the case that the script was killed before it could do so itself. */
export function removeScript(cluster: Cluster, token: string): Script {
  return { text: 'rm -rf -- "$1"/snapshot.*."$2"', args: [layoutOf(cluster).stateDir, token] }
}

export const exitNoSpace = 3

/** So that the host's own disk is never filled to the brim. */
const spareKiB = 64 * 1024

export function parseHeader(line: string): SnapshotHeader | undefined {
  const [, size, status = ''] = /^snapshot (\d+) ?(.*)$/.exec(line) ?? []
  if (size === undefined) return undefined
  const told = statusSchema.safeParse(asJson(status)).data
  return { sizeBytes: Number(size), revision: told?.revision }
}

// Its totalKey counts other things before 3.6 than after.
const statusSchema = z.object({ revision: z.int().nonnegative() })

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// etcdctl's `snapshot status` of 3.6 and later prints help and exits with 0: only its JSON counts.
const save = `
${useMember}
etcdutl=$1 state=$2 token=$3 needed=$4 deadline=$5
point_to_member
for left in "$state"/snapshot.*; do
  pid=\${left#"$state"/snapshot.}; pid=\${pid%%.*}
  case $pid in '' | *[!0-9]*) continue ;; esac
  [ -d "/proc/$pid" ] || rm -rf -- "$left"
done
free=$(df -Pk "$state" | { read -r _; read -r _ _ _ free _; echo "$free"; })
if [ "\${free:-$needed}" -lt "$needed" ]; then echo "$((free / 1024)) MiB free for $state, $((needed / 1024)) MiB needed" >&2; exit 3; fi
folder=$state/snapshot.$$.$token
trap 'rm -rf -- "$folder"' EXIT
trap 'exit 1' HUP INT TERM PIPE
mkdir "$folder"
timeout -k 5 "$deadline" "$etcdctl" snapshot save "$folder/db" >"$folder/log" 2>&1 || { tail -n 20 "$folder/log" >&2; exit 4; }
tool=$etcdctl; [ ! -x "$etcdutl" ] || tool=$etcdutl
status=$(timeout -k 5 "$deadline" "$tool" snapshot status "$folder/db" -w json 2>/dev/null | sed -n '/^{/p' || :)
printf 'snapshot %s %s\\n' "$(stat -c %s "$folder/db")" "$status"
cat "$folder/db"
`
