import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/engine/playbook.ts'
import type { MemberEntry } from '../../../src/etcd/etcdctl-output.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { guard } from '../../../src/steps/guard.ts'
import type { HostSeen, Seen } from '../../../src/steps/seen.ts'
import { away, cluster, etcd, host, memberEntries, stopped } from '../status/samples.ts'

const three = ofSize(3)

function ofSize(size: number): Cluster {
  const names = Array.from({ length: size }, (_, at) => at + 1)
  return cluster({ nodes: Object.fromEntries(names.map((n) => [`node${n}`, { address: `10.0.0.${n}` }])) })
}

function restart(name: string): Change<Seen> {
  const script = { text: '' }
  return {
    host: name,
    what: 'restart the member',
    why: 'new settings',
    takesDown: name,
    script,
    timeoutMs: 1,
    predict: (seen) => seen,
  }
}

/** Healthy, but for those that are given; etcd's own list of members is `members`. */
function seen(of: Cluster, others: Record<string, HostSeen> = {}, members = memberEntries(of)): Seen {
  return {
    hosts: new Map(
      of.nodes.map(({ name }) => {
        const memberId = members.find((member) => member.name === name)?.id ?? ''
        return [name, others[name] ?? host(of, name, { etcd: etcd(of, name, { members }, { memberId }) })] as const
      }),
    ),
  }
}

const down = (name: string): HostSeen => stopped(three, name)
/** Its process is there and answers nothing: nobody knows whether it votes. */
const hung = (name: string): HostSeen => host(three, name, { etcd: undefined })

describe('the member goes', () => {
  test.each<[string, string, Record<string, HostSeen>]>([
    ['where all are healthy', 'node1', {}],
    ['where it is down itself', 'node3', { node3: down('node3') }],
    ['where it is down itself, though quorum is lost', 'node3', { node2: down('node2'), node3: down('node3') }],
    ['where nobody knows whether it votes, and the others are a majority', 'node3', { node3: hung('node3') }],
  ])('%s', (_, name, others) => {
    expect(guard(three, restart(name), seen(three, others))).toBeUndefined()
  })

  test('where it is a learner, which has no vote', () => {
    const members = memberEntries(three).map((member) => ({ ...member, isLearner: member.name === 'node3' }))
    expect(guard(three, restart('node3'), seen(three, {}, members))).toBeUndefined()
    // And is none of those that could stand in for another.
    expect(guard(three, restart('node1'), seen(three, {}, members))).toMatchObject({ allowable: true })
  })
})

describe('the member stays, exit code 3, with the arithmetic', () => {
  test.each<[string, string, Record<string, HostSeen>, string]>([
    [
      'another one is down',
      'node1',
      { node3: down('node3') },
      'healthy 2 (down: node3): without node1 1 would be left',
    ],
    [
      'the host of another one cannot be reached',
      'node1',
      { node3: away },
      'healthy 2 (not known: node3): without node1 1 would be left',
    ],
    [
      'another one does not answer',
      'node1',
      { node3: hung('node3') },
      'healthy 2 (not known: node3): without node1 1 would be left',
    ],
  ])('%s, and nobody may allow it', (_, name, others, arithmetic) => {
    const refusal = guard(three, restart(name), seen(three, others))
    expect(refusal).toMatchObject({
      allowable: false,
      error: {
        exitCode: 3,
        host: name,
        tried: 'restart the member (new settings)',
        answered: `3 voters, quorum 2, ${arithmetic}`,
      },
    })
    expect(refusal?.error.next.join()).not.toMatch(/--allow-downtime/)
  })

  test.each([1, 2])('%i voters can spare none: a person may allow it', (size) => {
    const of = ofSize(size)
    expect(guard(of, restart('node1'), seen(of))).toMatchObject({
      allowable: true,
      error: { exitCode: 3, next: ['allow the interruption with --allow-downtime'] },
    })
  })

  test('one that may be voting, with another one down: a person may take the risk', () => {
    const others = { node2: down('node2'), node3: hung('node3') }
    expect(guard(three, restart('node3'), seen(three, others))).toMatchObject({
      allowable: true,
      error: { message: expect.stringContaining('could not be asked') },
    })
  })

  test('the voters that count are those of etcd, not those of the inventory', () => {
    const strangers = ['node4', 'node5'].map((name): MemberEntry => {
      return { id: name, name, peerUrls: [`http://${name}:2380`], clientUrls: [], isLearner: false }
    })
    expect(guard(three, restart('node1'), seen(three, {}, [...memberEntries(three), ...strangers]))).toMatchObject({
      error: { answered: '5 voters, quorum 3, healthy 3 (not known: node4, node5): without node1 2 would be left' },
    })
  })
})
