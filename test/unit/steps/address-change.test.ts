import { expect, test } from 'vitest'
import { changeIp, recoverAddresses } from '../../../playbooks/change-ip.ts'
import { allWaves, stageAt } from '../../../src/engine/plan.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { Move } from '../../../src/inventory/move.ts'
import { isAddressTarget, moving } from '../../../src/steps/address-change.ts'
import { leafRequests } from '../../../src/steps/leaf-requests.ts'
import { membershipProblems } from '../../../src/steps/membership.ts'
import type { RecoverySeen } from '../../../src/steps/recovery-look.ts'
import { reachedHosts, type ReachedHost, type Seen } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { cluster, etcd, host, unit } from '../status/samples.ts'
import { wanted } from './wanting.ts'

const before = cluster()
const formation = { kind: 'formed', token: 't', clusterId: 'cc' } as const

function moves(...names: string[]): Move[] {
  return before.nodes
    .filter(({ name }) => names.includes(name))
    .map(({ name, peer, client }) => {
      const address = peer.address.replace('10.0.0.', '10.0.1.')
      return {
        node: name,
        from: { peer, client },
        to: {
          peer: { ...peer, address, listen: address },
          client: { ...client, address, listen: address, advertise: [address] },
        },
      }
    })
}

/** Members that run as the inventory said before, with what is given instead. */
function seen(parts: Record<string, Partial<ReachedHost>> = {}): Seen {
  const bare: Seen = { hosts: new Map(before.nodes.map(({ name }) => [name, host(before, name)])) }
  const was = wanted(before, bare, formation)
  return {
    hosts: new Map(
      before.nodes.map(({ name }) => {
        const environment = was.members.get(name)?.environment ?? {}
        return [name, host(before, name, { process: { executable: '', upS: 9, environment }, ...parts[name] })]
      }),
    ),
  }
}

/** What changes, wave by wave, from the stage on that is still to be reached; as the engine goes through them. */
function walked(stages: typeof changeIp.stages, from: Seen, made: readonly Move[]): string[] {
  let now = from
  const want = (target?: string): Wanted => {
    const at = moving(before, made, isAddressTarget(target) ? target : undefined)
    return { ...wanted(at, now, formation), ...(target === 'find each other' ? { together: true as const } : {}) }
  }
  return stages.slice(stageAt(stages, want(), now)).flatMap((stage) => {
    const waves = allWaves(stage, want(stage.target), now)
    now = waves.flat().reduce((state, change) => change.predict(state), now)
    return waves.map((wave) =>
      wave.map(({ host: on, what, script }) => `${on}: ${what}${named(script.text)}`).join(', '),
    )
  })
}

function named(text: string): string {
  return text.includes('member update') ? ' (etcd is told)' : ''
}

/** What brings files to a host says nothing of the order in which members move. */
function ofMembers(waves: string[]): string[] {
  return waves.filter((wave) => /member|etcd is told|lead|translation/.test(wave.replaceAll(/write [^,]*,?/g, '')))
}

test('members move one after the other, the leader last; each is told to etcd before its restart', () => {
  const restarts = ofMembers(walked(changeIp.stages, seen(), moves('node1', 'node2')))
  expect(restarts).toEqual(['node2: restart the member (etcd is told)', 'node1: restart the member (etcd is told)'])
})

test('a member whose address is gone: another tells etcd where it is, and it is started there', () => {
  const gone = {
    process: undefined,
    unit: unit({ active: 'activating', sub: 'auto-restart' }),
    etcd: undefined,
  }
  const waves = walked(changeIp.stages, seen({ node2: gone }), moves('node2'))
  const told = waves.findIndex((wave) => wave.includes('tell etcd that node2 is at http://10.0.1.2:2380'))
  const started = waves.findIndex((wave) => wave.includes('node2: start the member'))
  expect(waves[told]).toMatch(/^node1|^node3/)
  expect(told).toBeGreaterThanOrEqual(0)
  expect(started).toBeGreaterThan(told)
  expect(waves.join()).not.toMatch(/restart the member/)
})

test('killed between the list and the restart: it is restarted, and etcd is told no second time', () => {
  const [move] = moves('node2')
  const members = etcd(before, 'node2').members?.map((member) =>
    member.name === 'node2' ? { ...member, peerUrls: ['http://10.0.1.2:2380'] } : member,
  )
  const after = Object.fromEntries(before.nodes.map(({ name }) => [name, { etcd: etcd(before, name, { members }) }]))
  expect(ofMembers(walked(changeIp.stages, seen(after), move === undefined ? [] : [move]))).toEqual([
    'node2: restart the member',
  ])
})

const recovery: RecoverySeen = { tools: ['iptables'], chains: [], rules: [], dataKiB: 100 }
const lost = {
  recovery,
  etcd: { ...etcd(before, 'node1'), healthy: false, status: undefined, members: undefined },
  space: new Map([['/var/lib/etcd', { freeKiB: 1e6, fileSystem: 'ext' }]]),
  files: new Map([
    [
      '/var/lib/etcd/member',
      { type: 'directory' as const, mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 1 },
    ],
  ]),
}

test('all addresses gone: led by translation, copied, started together, told, and led no more', () => {
  const all = moves('node1', 'node2', 'node3')
  const { stages } = recoverAddresses({ copy: 'member.copy' })
  const dead = seen({ node1: lost, node2: lost, node3: lost })
  const want = { ...wanted(moving(before, all, 'find each other'), dead, formation), together: true as const }
  const found = stages.find(({ target }) => target === 'find each other')
  if (found === undefined) throw new Error('no such stage')
  const waves = allWaves(found, want, dead).map((wave) => wave.map(({ host: on, what }) => `${on}: ${what}`))
  const flat = waves.flat()
  for (const name of ['node1', 'node2', 'node3']) {
    const at = (what: string): number => flat.findIndex((text) => text.startsWith(`${name}: ${what}`))
    expect(at('lead')).toBeGreaterThanOrEqual(0)
    expect(at('stop the member and copy')).toBeGreaterThan(at('lead'))
    expect(at('start the member')).toBeGreaterThan(at('stop the member and copy'))
  }
  expect(flat.find((text) => text.startsWith('node1: lead'))).toBe(
    'node1: lead 10.0.0.2 to 10.0.1.2, 10.0.0.3 to 10.0.1.3',
  )
  expect(waves.at(-1)).toHaveLength(3)
})

test('the translation stays until etcd knows every member', () => {
  const all = moves('node1', 'node2', 'node3')
  const { stages } = recoverAddresses({ copy: 'member.copy' })
  const at = moving(before, all)
  const bare = seen()
  const environment = (name: string) => wanted(at, bare, formation).members.get(name)?.environment ?? {}
  const running = (knownAtNew: string[]) => {
    const members = etcd(before, 'node1').members?.map((member) =>
      knownAtNew.includes(member.name)
        ? { ...member, peerUrls: member.peerUrls.map((url) => url.replace('10.0.0.', '10.0.1.')) }
        : member,
    )
    return seen(
      Object.fromEntries(
        before.nodes.map(({ name }) => [
          name,
          {
            recovery: { ...recovery, chains: ['iptables'] },
            process: { executable: '', upS: 9, environment: environment(name) },
            etcd: etcd(before, name, { members }),
          },
        ]),
      ),
    )
  }
  const stageFor = (now: Seen) => stages[stageAt(stages, wanted(at, now, formation), now)]?.target
  expect(stageFor(running(['node1', 'node2']))).toBe('known at the new address')
  expect(stageFor(running(['node1', 'node2', 'node3']))).toBe('no translation')
})

test('certificates name both addresses until the last stage; then the new one alone, unless the host still dials from the old', () => {
  const names = (of: Cluster, addresses: ReachedHost['addresses'] = []): string[] => {
    const secured = { ...of, tls: { ...of.tls, mode: 'mutual' as const } }
    const hosts = new Map(reachedHosts(seen({ node2: { addresses } })))
    return leafRequests(secured, hosts).find(({ name, kind }) => name === 'node2' && kind === 'peer')?.ipAddresses ?? []
  }
  const [first, last] = [moving(before, moves('node2')), moving(before, moves('node2'), 'nothing names the old')]
  expect(names(first)).toEqual(expect.arrayContaining(['10.0.0.2', '10.0.1.2']))
  expect(names(last)).toContain('10.0.1.2')
  expect(names(last)).not.toContain('10.0.0.2')
  expect(names(last, [{ address: '10.0.0.2', device: 'eth0', prefix: 24 }])).toContain('10.0.0.2')
})

test('a member that moves is known at its former address without that being a difference; another address is one', () => {
  expect(membershipProblems(moving(before, moves('node2')), seen())).toEqual([])
  const elsewhere = moves('node2').map((move) => ({
    ...move,
    from: { ...move.from, peer: { ...move.from.peer, port: 1 } },
  }))
  expect(membershipProblems(moving(before, elsewhere), seen())).toHaveLength(1)
})
