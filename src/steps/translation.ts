import { isIPv6 } from 'node:net'

import type { Step } from '../engine/playbook.ts'
import type { Cluster } from '../inventory/model.ts'
import { isHealthy } from './members.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import { findProxy, translationNames, translationsFor, type Translation } from './translation-rules.ts'
import type { Wanted } from './wanted.ts'

/**
 * Members know each other by addresses that are gone, and without quorum nobody can be told of new ones: so each host leads what is sent
 * to a former address to the new one, until etcd knows. Rules of the kernel, nothing that outlives a boot of the host.
 */
export const translateFormer: Step<Wanted, Seen> = {
  name: 'address translation',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const wanted = translationsFor(cluster, host)
      const tools = toolsFor(wanted, on)
      if (wanted.length === 0 || tools === undefined) return []
      const rules = wanted.map((rule) => ruleText(toolOf(rule, tools), rule))
      if (rules.every((rule) => on.recovery?.rules.includes(rule))) return []
      const said = wanted.map(({ from, to }) => `${from.address} to ${to.address}`).join(', ')
      return [
        {
          host,
          what: `lead ${said}`,
          why: 'members know each other at addresses that are gone',
          script: {
            text: addRules,
            args: [...namesOf(cluster), ...rules.flatMap((rule) => rule.split(' '))],
          },
          timeoutMs: 60_000,
          predict: (before: Seen) =>
            withHost(before, host, ({ recovery }) => ({
              recovery: recovery && { ...recovery, rules, chains: [...new Set(rules.map((rule) => firstWord(rule)))] },
            })),
        },
      ]
    }),
}

/** Once etcd knows where its members are. */
export const translateNoMore: Step<Wanted, Seen> = {
  name: 'end of address translation',
  next: ({ cluster }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      if (on.recovery === undefined || on.recovery.chains.length === 0) return []
      return [
        {
          host,
          what: 'take the translation of former addresses away',
          why: 'etcd knows the new ones',
          script: { text: removeRules, args: namesOf(cluster) },
          timeoutMs: 60_000,
          predict: (before: Seen) =>
            withHost(before, host, ({ recovery }) => ({
              recovery: recovery && { ...recovery, rules: [], chains: [] },
            })),
        },
      ]
    }),
}

/** Hosts that have nothing to translate with, or not for the kind of address that is to be translated. */
export function cannotTranslate({ cluster }: Pick<Wanted, 'cluster'>, seen: Seen): [string, ReachedHost][] {
  return reachedHosts(seen).filter(([host, on]) => {
    if (isHealthy(on)) return false
    const wanted = translationsFor(cluster, host)
    return wanted.length > 0 && toolsFor(wanted, on) === undefined
  })
}

function namesOf(cluster: Cluster): string[] {
  const { chain, table, label } = translationNames(cluster)
  return [chain, table, label]
}

interface Tools {
  ipv4: string
  ipv6: string
}

function toolsFor(wanted: readonly Translation[], { recovery }: ReachedHost): Tools | undefined {
  const tools = recovery?.tools ?? []
  const needed = new Set(wanted.map(({ from }) => (isIPv6(from.address) ? 'ip6tables' : 'iptables')))
  if ([...needed].every((tool) => tools.includes(tool))) return { ipv4: 'iptables', ipv6: 'ip6tables' }
  const other = ['nft', 'alias'].find((tool) => tools.includes(tool))
  return other === undefined ? undefined : { ipv4: other, ipv6: other }
}

function toolOf({ from }: Translation, { ipv4, ipv6 }: Tools): string {
  return isIPv6(from.address) ? ipv6 : ipv4
}

function ruleText(tool: string, { from, to }: Translation): string {
  return [tool, from.address, from.port, to.address, to.port].join(' ')
}

function firstWord(text: string): string {
  return text.slice(0, text.indexOf(' '))
}

const remove = `
remove_rules() {
  former=$(systemctl show -p Description "$chain-lead-*.socket" 2>/dev/null | sed -n 's/^Description=alias \\([^ ]*:[^ ]*\\) .*/\\1\\/128/p') || :
  for tool in iptables ip6tables; do
    command -v "$tool" >/dev/null && "$tool" -w 5 -t nat -S "$chain" >/dev/null 2>&1 || continue
    while "$tool" -w 5 -t nat -D OUTPUT -j "$chain" 2>/dev/null; do :; done
    "$tool" -w 5 -t nat -F "$chain"
    "$tool" -w 5 -t nat -X "$chain"
  done
  if command -v nft >/dev/null; then
    for family in ip ip6; do
      if nft list table "$family" "$table" >/dev/null 2>&1; then nft delete table "$family" "$table"; fi
    done
  fi
  leads=$(systemctl list-units --all --plain --no-legend "$chain-lead-*" 2>/dev/null | cut -d ' ' -f 1) || :
  [ -z "$leads" ] || systemctl stop $leads
  command -v ip >/dev/null || return 0
  # IPv6 has no labels: those are known by the proxies.
  for address in $(ip -o addr show dev lo label "$label" 2>/dev/null | sed -n 's/.* inet \\([^ ]*\\) .*/\\1/p') $former; do
    ip addr del "$address" dev lo 2>/dev/null || :
  done
}
`

const removeRules = `
chain=$1 table=$2 label=$3
${remove}
remove_rules
`

/** Anew each time, so that no rule of an earlier attempt stays. Then: tool, former address and port, new address and port of each. */
const addRules = `
chain=$1 table=$2 label=$3; shift 3
${remove}
remove_rules
bracketed() { case $1 in *:*) printf '[%s]' "$1" ;; *) printf %s "$1" ;; esac; }
while [ $# -ge 5 ]; do
  case $1 in
  alias)
    number=$((\${number:-0} + 1))
    ${findProxy}
    case $2 in
    *:*) ip addr add "$2/128" dev lo nodad 2>/dev/null || : ;;
    *) ip addr add "$2/32" dev lo label "$label" 2>/dev/null || : ;;
    esac
    systemd-run -q --unit="$chain-lead-$number" --description="alias $2 $3 $4 $5" \
      --socket-property=ListenStream="$(bracketed "$2"):$3" "$proxy" "$(bracketed "$4"):$5" ;;
  nft)
    # Not one table of family inet, which translates only from Linux 5.2 on.
    case $2 in *:*) family=ip6 ;; *) family=ip ;; esac
    nft add table "$family" "$table"
    nft add chain "$family" "$table" output '{ type nat hook output priority -100 ; }'
    nft add rule "$family" "$table" output "$family" daddr "$2" tcp dport "$3" dnat to "$(bracketed "$4"):$5" ;;
  *)
    "$1" -w 5 -t nat -N "$chain" 2>/dev/null || :
    "$1" -w 5 -t nat -A "$chain" -d "$2" -p tcp --dport "$3" -j DNAT --to-destination "$(bracketed "$4"):$5"
    "$1" -w 5 -t nat -C OUTPUT -j "$chain" 2>/dev/null || "$1" -w 5 -t nat -A OUTPUT -j "$chain" ;;
  esac
  shift 5
done
`
