import { expect, onTestFinished, test } from 'vitest'
import { hostOutput } from '../lab/lab.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { expectDone, summaryOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const inTurn = hasTurn('paths of older guides')
test.runIf(inTurn).each(['/opt/etcd', '/usr/local/etcd'] as const)(
  'all below %s, until down takes it away',
  async (paths) => {
    const site = await freshlyUp(['node1'], { paths })
    onTestFinished(() => site.remove())
    const there = (
      await hostOutput('node1', `ls -d ${paths}/*; ls -d /etc/etcd* /var/lib/etcd 2>/dev/null || :`)
    ).trim()
    expect(there.split('\n')).toEqual(['bin', 'config', 'config-admin', 'data'].map((name) => `${paths}/${name}`))
    const shown = await hostOutput('node1', 'tr "\\0" "\\n" </proc/$(systemctl show etcd -p MainPID --value)/environ')
    expect(shown).toContain(`ETCD_DATA_DIR=${paths}/data\n`)
    expect(shown).not.toContain('ETCD_WAL_DIR')
    await hostOutput('node1', 'etcdctl put kept yes && etcdctl endpoint health --cluster')

    const again = await site.run('up')
    expect(again.code, again.stdout).toBe(0)
    expect(summaryOf(again)).toMatchObject({ changed: [], restarted: [] })

    await expectDone(site.run(['down', '--yes']))
    expect(await hostOutput('node1', `find ${paths} -maxdepth 2 -mindepth 1 -printf '%P\\n' | sort`)).toMatch(
      /^data\ndata\/member\.\d{4}-\d\d-\d\dT\d{6}Z\n$/,
    )
  },
)
