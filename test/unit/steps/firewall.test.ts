import { describe, expect, onTestFinished, test } from 'vitest'
import { openingCommand, readFirewall, seeFirewall } from '../../../src/steps/firewall.ts'
import { peersLook } from '../../../src/steps/look.ts'
import { readPeers } from '../../../src/steps/read-network.ts'
import type { ReachedHost } from '../../../src/steps/seen.ts'
import { cluster, host } from '../status/samples.ts'
import { putPrograms, runHere, temporaryFolder } from './local-script.ts'

const of = cluster()
const [node] = of.nodes
if (node === undefined) throw new Error('no node')

function command(parts: Partial<ReachedHost>, at = node) {
  return at && openingCommand(at, { ...host(of, at.name), ...parts })
}

/** What a host with these programs prints of its firewall, as it is read. */
async function seen(programs: Record<string, string>) {
  const folder = await temporaryFolder(onTestFinished)
  await putPrograms(folder, { systemctl: 'echo inactive; exit 3', ...programs })
  const { stdout, code } = await runHere({ text: `${seeFirewall}\nsee_firewall || :` }, folder)
  expect(code).toBe(0)
  return readFirewall(stdout.split('\n'))
}

const zones = 'public (default)\n  interfaces: eth0 eth1\n  sources: 10.1.0.0/16\nstorage\n  interfaces: ens5'

describe('firewalld', () => {
  test('is seen with its zones', async () => {
    const programs = {
      systemctl: '[ "$*" = "is-active firewalld.service" ] && echo active',
      'firewall-cmd': `[ "$1" = --get-active-zones ] && printf '${zones.replaceAll('\n', '\\n')}\\n'`,
    }
    expect(await seen(programs)).toEqual({
      kind: 'firewalld',
      zones: new Map([
        ['eth0', 'public'],
        ['eth1', 'public'],
        ['ens5', 'storage'],
      ]),
    })
  })

  test('is opened in the zone of the device that has the address, for good and at once', () => {
    const firewall = { kind: 'firewalld' as const, zones: new Map([['ens5', 'storage']]) }
    const on = (device: string) => command({ firewall, addresses: [{ address: node.peer.address, device }] })
    expect(on('ens5')).toEqual({
      firewall: 'firewalld',
      command:
        'firewall-cmd --permanent --zone=storage --add-port=2379/tcp --add-port=2380/tcp && firewall-cmd --reload',
    })
    expect(on('other')?.command).toBe(
      'firewall-cmd --permanent --add-port=2379/tcp --add-port=2380/tcp && firewall-cmd --reload',
    )
  })

  test('a zone that is no name is not believed', () => {
    const lines = ['#@ firewalld', '#@ zones $(reboot)', '#@ zones   interfaces: eth0']
    expect(readFirewall(lines)).toEqual({ kind: 'firewalld', zones: new Map() })
  })
})

describe('nftables', () => {
  const ruleset = (policy: string, rule: string) => `table inet mine {
	chain incoming {
		type filter hook input priority filter; policy ${policy};
		iif "lo" accept
		${rule}
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}`
  const nft = (text: string) => seen({ nft: `[ "$*" = "list ruleset" ] && cat <<'END'\n${text}\nEND` })

  test.each([
    ['drops what it does not know', 'drop', ''],
    ['rejects at its end', 'accept', 'reject with icmpx admin-prohibited'],
    ['drops at its end', 'accept', 'counter packets 0 bytes 0 drop'],
  ])('that %s is seen with the chain', async (_, policy, rule) => {
    expect(await nft(ruleset(policy, rule))).toEqual({ kind: 'nft', chains: ['inet mine incoming'] })
  })

  test('that lets all in is none', async () => {
    expect(await nft(ruleset('accept', 'tcp dport 22 accept'))).toEqual({ kind: 'none' })
    expect(await nft('')).toEqual({ kind: 'none' })
  })

  test('a chain that is no name is not believed', async () => {
    expect(await nft(ruleset('drop', '').replace('incoming', '$(reboot)'))).toEqual({ kind: 'none' })
    expect(await nft(ruleset('drop', '').replace('mine', ';reboot'))).toEqual({ kind: 'none' })
  })

  test('is opened in each chain, and by iptables where that made it', () => {
    const chains = ['inet mine incoming', 'ip filter INPUT', 'ip6 filter INPUT']
    expect(command({ firewall: { kind: 'nft', chains } })).toEqual({
      firewall: 'nftables',
      command:
        "nft insert rule inet mine incoming tcp dport '{ 2379, 2380 }' accept && iptables -I INPUT -p tcp -m multiport --dports 2379,2380 -j ACCEPT",
    })
  })
})

test('ufw and iptables are opened by their own commands, IPv6 by its own', () => {
  expect(command({ firewall: { kind: 'ufw' } })?.command).toBe('ufw allow 2379,2380/tcp')
  expect(command({ firewall: { kind: 'iptables' } })?.command).toMatch(/^iptables -I INPUT -p tcp .*2379,2380/)
  const over6 = { ...node, peer: { ...node.peer, address: 'fd00::1' } }
  expect(command({ firewall: { kind: 'iptables' } }, over6)?.command).toMatch(/^ip6tables /)
})

test('no firewall has no command, nor one that nobody asked for', () => {
  expect(command({ firewall: { kind: 'none' } })).toBeUndefined()
  expect(command({})).toBeUndefined()
  expect(readFirewall(['node2 124'])).toBeUndefined()
})

test('what a long ruleset says stands apart from what the probes say', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const rules = Array.from({ length: 400 }, (_, at) => `    ip saddr 10.0.0.${at % 256} drop`).join('\\n')
  const table = `printf 'table inet filter {\\n  chain input {\\n    type filter hook input priority 0; policy drop;\\n'`
  await putPrograms(folder, {
    systemctl: 'exit 3',
    timeout: "sleep 0.4; echo 'bash: connect: Connection refused' >&2; exit 1",
    nft: `${table}; printf '${rules}\\n'; sleep 1; printf '${rules}\\n'`,
  })
  const { stdout } = await runHere(peersLook(of, node).script, folder)
  const [probes, lines] = [
    /^\S+ (open|blocked|rejected|unresolved|\d+)$/,
    /^#@ (nft|rules .+ drop;?|rules (table|  chain) .+\{)$/,
  ]
  expect(
    stdout
      .trim()
      .split('\n')
      .filter((line) => !probes.test(line) && !lines.test(line)),
  ).toEqual([])
  expect(
    stdout
      .trim()
      .split('\n')
      .filter((line) => probes.test(line)),
  ).toHaveLength(of.nodes.length - 1)
})

test.each([
  ['answers that there is no way', "echo 'bash: connect: No route to host' >&2; exit 1", 'rejected'],
  ['answers nothing', 'exit 124', 'blocked'],
  ['lets it through to a free port', "echo 'bash: connect: Connection refused' >&2; exit 1", 'open'],
] as const)('a firewall that %s', async (_, timeout, state) => {
  const folder = await temporaryFolder(onTestFinished)
  await putPrograms(folder, { timeout, systemctl: 'exit 3', nft: ':' })
  const { stdout } = await runHere(peersLook(of, node).script, folder)
  const others = of.nodes.filter(({ name }) => name !== node.name)
  expect(readPeers({ code: 0, stdout, firstLineAtMs: 0 })).toEqual(new Map(others.map(({ name }) => [name, state])))
  expect(readFirewall(stdout.split('\n'))).toBeDefined()
})
