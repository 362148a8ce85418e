import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Run } from '../instruments/run-cli.ts'
import { hostOutput, labReset, onHost } from '../lab/lab.ts'
import { footprints } from './support/footprint.ts'
import type { Fault } from './support/faults.ts'
import { message } from './support/message.ts'
import { expectRepaired, temporaryOn } from './support/repaired.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, problemsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

/** Disks of a host that are full, closed to writing, or not there. */
const inTurn = hasTurn('faults of disks')
let site: Site

beforeEach(async () => {
  if (!inTurn) return
  await labReset(['node1'])
  site = await newSite({ nodes: ['node1'] })
  onTestFinished(() => site.remove())
})

afterAll(async () => {
  if (inTurn) await labReset(['node1'])
})

describe.runIf(inTurn)('where the binaries go', () => {
  test.each<[Fault, string]>([
    ['a full disk for the binaries', 'mount -t tmpfs -o size=20m tmpfs /opt'],
    ['a read-only file system for the binaries', 'mount --bind /opt /opt && mount -o remount,bind,ro /opt'],
  ])('%s: no file of ours is left there, nothing was started; repaired, up goes on', async (fault, mount) => {
    await hostOutput('node1', mount)
    const run = await failed(fault)
    expect(problemsOf(run)).toMatchObject([{ host: 'node1' }])
    expect(await hostOutput('node1', 'find /opt -type f')).toBe('')
    expect(await temporaryOn('node1')).toBe('')
    expect((await onHost('node1', 'pidof etcd')).stdout).toBe('')
    await hostOutput('node1', 'umount /opt')
    await expectRepaired(site)
  })

  test('a /tmp from which nothing may be run is no hindrance', async () => {
    await hostOutput('node1', 'mount -o remount,noexec /tmp && ! /tmp/none 2>/dev/null')
    await expectRepaired(site)
  })
})

describe.runIf(inTurn)('where the data is', () => {
  test('a disk too small for the data is told before anything is changed', async () => {
    await hostOutput('node1', 'mkdir -m 700 /var/lib/etcd && mount -t tmpfs -o size=100m tmpfs /var/lib/etcd')
    const before = await footprints(['node1'])
    const run = await failed('a disk too small for the data')
    expect(eventsOf(run, 'change-begin')).toEqual([])
    expect(await footprints(['node1'])).toEqual(before)
    await hostOutput('node1', 'umount /var/lib/etcd')
    await expectRepaired(site)
  })

  test('a data disk that ran full: the member ends, up says why; with room again it serves all that it had', async () => {
    await hostOutput('node1', 'mkdir -m 700 /var/lib/etcd && mount -t tmpfs -o size=600m tmpfs /var/lib/etcd')
    site.edit({ ssh: { ...site.inventory.ssh, timeouts: { start: '15s' } } })
    await expectDone(site.run('up'))
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    await hostOutput('node1', 'dd if=/dev/zero of=/var/lib/etcd/filler bs=1M 2>/dev/null || :')
    await hostOutput('node1', `for i in $(seq 2000); do etcdctl put k$i ${'v'.repeat(1000)} || exit 0; done; exit 1`)
    await failed('a data disk that ran full')
    await hostOutput('node1', 'rm /var/lib/etcd/filler')
    await expectRepaired(site)
    expect(await hostOutput('node1', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
  })

  test('a data disk that is not mounted any more: nobody starts on the folder below it', async () => {
    await hostOutput('node1', 'mkdir -m 700 /var/lib/etcd && mount -t tmpfs -o size=600m tmpfs /var/lib/etcd')
    await expectDone(site.run('up'))
    await hostOutput('node1', 'etcdctl put kept through-it-all')
    await hostOutput('node1', 'echo "tmpfs /var/lib/etcd tmpfs size=600m 0 0" >>/etc/fstab; systemctl stop etcd')
    // Elsewhere, as a disk lives on that is not where it should be.
    await hostOutput('node1', 'mkdir /srv/disk && mount --move /var/lib/etcd /srv/disk')
    const run = await failed('a data disk that is not mounted any more', 3)
    expect(problemsOf(run)[0]?.next?.[0]).toMatch(/\/var\/lib\/etcd is in \/etc\/fstab but not mounted/)
    expect(await hostOutput('node1', 'ls -A /var/lib/etcd')).toBe('')
    await hostOutput('node1', 'mount --move /srv/disk /var/lib/etcd')
    await expectRepaired(site)
    expect(await hostOutput('node1', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
  })
})

async function failed(fault: Fault, code = 1): Promise<Run> {
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(code)
  message(fault, run)
  return run
}
