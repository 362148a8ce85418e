import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { hostOutput, labReset } from '../lab/lab.ts'
import { footprint } from './support/footprint.ts'
import { message } from './support/message.ts'
import { expectRepaired } from './support/repaired.ts'
import { newSite, type Site } from './support/site.ts'
import { expectDone } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

/** Two clusters of one member each, of which the first is given the data of the second. */
const inTurn = hasTurn('faults of data')
let site: Site

beforeAll(async () => {
  if (!inTurn) return
  await labReset(['node1', 'node2'])
  site = await newSite({ nodes: ['node1'] })
  const other = await newSite({ nodes: ['node2'] })
  await Promise.all([site, other].map((each) => expectDone(each.run('up'))))
  other.remove()
  return async () => {
    site.remove()
    await labReset(['node1', 'node2'])
  }
})

test.runIf(inTurn)('data of another cluster: told, left as it is; with its own back, the member serves', async () => {
  await hostOutput('node1', 'etcdctl put kept through-it-all')
  await hostOutput('node1', 'systemctl stop etcd; mv /var/lib/etcd/member /var/lib/etcd.kept')
  onTestFinished(() => labReset(['node1', 'node2']).then(() => {}))
  const archive = await hostOutput('node2', 'systemctl stop etcd; tar -C /var/lib/etcd -czf - member | base64')
  await hostOutput('node1', 'base64 -d | tar -C /var/lib/etcd -xzpf - && systemctl start --no-block etcd', archive)
  await hostOutput('node1', 'timeout 30 sh -c "until pidof etcd && etcdctl member list; do sleep 0.2; done"')
  const before = await footprint('node1')
  const run = await site.run('up')
  expect(run.code, run.stdout).toBe(3)
  expect(await footprint('node1')).toBe(before)
  message('data of another cluster', run)
  const back = 'systemctl stop etcd; rm -rf /var/lib/etcd/member; mv /var/lib/etcd.kept /var/lib/etcd/member'
  await hostOutput('node1', back)
  await expectRepaired(site)
  expect(await hostOutput('node1', 'etcdctl get kept')).toBe('kept\nthrough-it-all\n')
})
