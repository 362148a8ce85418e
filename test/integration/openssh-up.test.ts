import { expect, onTestFinished, test } from 'vitest'
import { hostOutput, labReset, type NodeName } from '../lab/lab.ts'
import { newSite } from './support/site.ts'
import { expectDone, summaryOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

test.runIf(hasTurn('OpenSSH')).each(['deploy', 'ops'] as const)(
  'up by the installed ssh as %s forms the cluster that the library would, and finds nothing to do in it',
  async (user) => {
    await labReset(hosts)
    const site = await newSite({ nodes: hosts, user })
    onTestFinished(() => site.remove())
    site.edit({ ssh: { ...site.inventory.ssh, transport: 'openssh' } })
    await expectDone(site.run('up'))
    await hostOutput('node1', 'etcdctl endpoint health --cluster')
    for (const transport of ['openssh', 'ssh2'] as const) {
      site.edit({ ssh: { ...site.inventory.ssh, transport } })
      const again = await site.run('up')
      expect(again.code, again.stdout).toBe(0)
      expect(summaryOf(again)).toMatchObject({ changed: [], restarted: [] })
    }
    await expectDone(site.run('status'))
  },
)
