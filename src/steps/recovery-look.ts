import type { Look, LookOutput } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { findProxy, translationNames } from './translation-rules.ts'

/** What is asked of a host only while members that lost each other's addresses are brought together again. */
export interface RecoverySeen {
  /** What can translate addresses there: `iptables`, `ip6tables`, `nft`, or `alias`, which leads by a proxy of systemd's. */
  tools: string[]
  /** Those in which translations of ours stand. */
  chains: string[]
  /** `TOOL OLD PORT NEW NEWPORT`. */
  rules: string[]
  /** The member's data, in KiB. */
  dataKiB: number
}

export function recoveryLook(cluster: Cluster): Look {
  const { data, wal = '' } = cluster.paths
  const { chain, table, label } = translationNames(cluster)
  return { name: 'recovery', script: { text: look, args: [chain, table, label, data, wal] } }
}

export function readRecovery(output: LookOutput | undefined): RecoverySeen | undefined {
  if (output === undefined) return undefined
  const words = output.stdout.split('\n').map((line) => line.split(' '))
  const of = (name: string): string[] => words.filter(([word]) => word === name).map((line) => line.slice(1).join(' '))
  return {
    tools: of('tool'),
    chains: of('chain'),
    rules: of('rule').map((line) => line.replaceAll(/\/(32|128)(?= )/g, '').replace(/\[?([^ \]]*)\]?:(\d+)$/, '$1 $2')),
    dataKiB: of('size').reduce((sum, size) => sum + Number(size), 0),
  }
}

const look = `
chain=$1 table=$2 label=$3 data=$4 wal=$5
for tool in iptables ip6tables; do
  command -v "$tool" >/dev/null && "$tool" -w 5 -t nat -S OUTPUT >/dev/null 2>&1 || continue
  echo "tool $tool"
  rules=$("$tool" -w 5 -t nat -S "$chain" 2>/dev/null) || continue
  echo "chain $tool"
  echo "$rules" | sed -n "s/^-A .* -d \\([^ ]*\\) .*--dport \\([0-9]*\\) .*--to-destination \\([^ ]*\\).*/rule $tool \\1 \\2 \\3/p"
done
if command -v nft >/dev/null && nft list tables >/dev/null 2>&1; then
  echo 'tool nft'
  for family in ip ip6; do
    rules=$(nft -n list table "$family" "$table" 2>/dev/null) || continue
    echo 'chain nft'
    echo "$rules" | sed -n 's/.* daddr \\([^ ]*\\) tcp dport \\([0-9]*\\) .*dnat .*to \\([^ ]*\\).*/rule nft \\1 \\2 \\3/p'
  done
fi
${findProxy}
if command -v ip >/dev/null && command -v systemd-run >/dev/null && [ -x "$proxy" ]; then
  echo 'tool alias'
  rules=$(systemctl show -p Description "$chain-lead-*.socket" 2>/dev/null | sed -n 's/^Description=alias /rule alias /p') || :
  ours=$(ip -o addr show dev lo label "$label" 2>/dev/null) || :
  [ -z "$rules$ours" ] || { echo 'chain alias'; echo "$rules"; }
fi
for folder in "$data/member" \${wal:+"$wal/member"}; do
  [ -d "$folder" ] || continue
  size=$(du -sk "$folder" 2>/dev/null) || :
  echo "size \${size%%[!0-9]*}"
done
`
