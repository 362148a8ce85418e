import type { Node } from '../inventory/model.ts'
import type { FirewallSeen, ReachedHost } from './seen.ts'

/** A part of a script: defines `see_firewall`, which names the host's own firewall in lines that begin with `#@ `. */
export const seeFirewall = `
see_firewall() {
  if [ "$(systemctl is-active firewalld.service 2>/dev/null)" = active ]; then
    echo '#@ firewalld'
    firewall-cmd --get-active-zones 2>/dev/null | sed 's/^/#@ zones /'
  elif command -v ufw >/dev/null && grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then echo '#@ ufw'
  elif command -v nft >/dev/null; then
    echo '#@ nft'
    nft list ruleset 2>/dev/null | grep -E '^table|^[[:space:]]*(chain|type)|drop|reject' | head -n 1000 | sed 's/^/#@ rules /'
  elif command -v iptables >/dev/null; then
    if { iptables -S; ip6tables -S; } 2>/dev/null | grep -qE -- '^-P INPUT DROP|-j (DROP|REJECT)'; then echo '#@ iptables'; else echo '#@ none'; fi
  else echo '#@ none'
  fi
}`

/** Undefined: it was not asked for. */
export function readFirewall(lines: readonly string[]): FirewallSeen | undefined {
  const words = lines.filter((line) => line.startsWith('#@ ')).map((line) => line.slice(3))
  const kind = words.find((line) => ['firewalld', 'ufw', 'nft', 'iptables', 'none'].includes(line))
  const rest = (name: string): string[] =>
    words.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []))
  if (kind === 'firewalld') return { kind, zones: readZones(rest('zones')) }
  if (kind === 'nft') return inputChains(rest('rules'))
  return kind === 'ufw' || kind === 'iptables' || kind === 'none' ? { kind } : undefined
}

/** What a person would run on the node's host so that others reach etcd's ports; undefined: nothing of the host's own is in the way. */
export function openingCommand(node: Node, on: ReachedHost): { firewall: string; command: string } | undefined {
  const { firewall } = on
  if (firewall === undefined || firewall.kind === 'none') return undefined
  const ports = [...new Set([node.peer.port, node.client.port])].toSorted((a, b) => a - b)
  const list = ports.join(',')
  const tables = node.peer.address.includes(':') ? 'ip6tables' : 'iptables'
  const iptables = `${tables} -I INPUT -p tcp -m multiport --dports ${list} -j ACCEPT`
  switch (firewall.kind) {
    case 'firewalld': {
      const device = on.addresses.find(({ address }) => address === node.peer.address)?.device ?? ''
      const zone = firewall.zones.get(device)
      const where = zone === undefined ? '' : ` --zone=${zone}`
      const added = ports.map((port) => ` --add-port=${port}/tcp`).join('')
      return { firewall: 'firewalld', command: `firewall-cmd --permanent${where}${added} && firewall-cmd --reload` }
    }
    case 'ufw':
      return { firewall: 'ufw', command: `ufw allow ${list}/tcp` }
    case 'iptables':
      return { firewall: 'iptables', command: iptables }
    case 'nft': {
      const rule = `tcp dport '{ ${ports.join(', ')} }' accept`
      const commands = firewall.chains.map((chain) =>
        /^ip6? filter INPUT$/.test(chain) ? iptables : `nft insert rule ${chain} ${rule}`,
      )
      return { firewall: 'nftables', command: [...new Set(commands)].join(' && ') }
    }
  }
}

/** `public (default)`, then `  interfaces: eth0 eth1`. */
function readZones(lines: readonly string[]): Map<string, string> {
  const zones = new Map<string, string>()
  let zone = ''
  for (const line of lines) {
    if (/^\S/.test(line)) zone = line.split(' ')[0] ?? ''
    const devices = /^\s+interfaces:(.*)$/.exec(line)?.[1]?.match(/\S+/g) ?? []
    // What a person is told to run is made of names only
    for (const device of devices) if (/^[\w.-]+$/.test(zone)) zones.set(device, zone)
  }
  return zones
}

/** The chains that new connections come through, of tables that let some of them not pass. */
function inputChains(lines: readonly string[]): FirewallSeen {
  const closing = new Set<string>()
  const inputs: { table: string; chain: string | undefined }[] = []
  let table = ''
  let chain: string | undefined
  for (const line of lines) {
    const begun = /^table ((?:ip6?|inet) [\w.-]+) \{/.exec(line)?.[1]
    if (line.startsWith('table ')) table = begun ?? ''
    if (/^\s*chain /.test(line)) chain = /^\s*chain ([\w.-]+) \{/.exec(line)?.[1]
    const isInput = /type filter hook input/.test(line)
    if (isInput) inputs.push({ table, chain })
    // A policy counts where connections come in: that of forwarding says nothing of this host's ports
    if (isInput ? /policy drop/.test(line) : !/^\s*(table|chain|type)\b/.test(line)) closing.add(table)
  }
  const chains = inputs.filter((input) => input.table !== '' && input.chain !== undefined && closing.has(input.table))
  return chains.length === 0
    ? { kind: 'none' }
    : { kind: 'nft', chains: chains.map((one) => `${one.table} ${one.chain}`) }
}
