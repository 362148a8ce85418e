import { expect } from 'vitest'
import { hostOutput, type NodeName } from '../../lab/lab.ts'
import { lockIsFree, temporaryIn } from '../kill/leftovers.ts'
import { told } from '../kill/at-events.ts'
import { expectHealthy } from './cluster.ts'
import type { Site } from './site.ts'
import { summaryOf } from './told.ts'

/** After the repair: `up` again ends well, once more it finds nothing to do, and nothing is left of the run that failed. */
export async function expectRepaired(site: Site): Promise<void> {
  const hosts = Object.keys(site.inventory.nodes) as NodeName[]
  const again = await site.run('up')
  expect(again.code, told(again)).toBe(0)
  await expectHealthy(hosts[0] ?? 'node1')
  const third = await site.run('up')
  expect(third.code, told(third)).toBe(0)
  expect(summaryOf(third), told(third)).toMatchObject({ changed: [], restarted: [] })
  for (const host of hosts) {
    expect(await lockIsFree(host), `the lock of ${host}`).toBe(true)
    expect(await temporaryOn(host), host).toBe('')
  }
  expect(temporaryIn(site.folder)).toEqual([])
}

/** Files on their way that were left. */
export function temporaryOn(host: NodeName): Promise<string> {
  return hostOutput(host, "find / /run /var/lib/etcd /opt -xdev -name '*.etcd-deploy.[0-9]*' | sort -u")
}
