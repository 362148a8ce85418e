import { fileURLToPath } from 'node:url'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, labReset, type NodeName } from '../lab/lab.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, takenDown, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const inTurn = hasTurn("a playbook of one's own")
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const chrony = fileURLToPath(new URL('../../docs/examples/chrony.ts', import.meta.url))
const dropIn = '/etc/chrony/conf.d/etcd-deploy.conf'
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
})

afterAll(() => site.remove())

function run(playbook: string, ...options: string[]): Promise<Run> {
  const args = ['run', playbook, site.file, '--json', ...options]
  return runEtcdDeploy(args, { timeoutMs: 150_000, env: site.env })
}

/** Stand-ins: the lab's hosts have no chrony, and no way to get one. */
async function installChrony(host: NodeName): Promise<void> {
  await hostOutput(
    host,
    `mkdir -p /etc/chrony/conf.d
     printf '#!/bin/sh\\nexec sleep infinity\\n' >/usr/sbin/chronyd; chmod 755 /usr/sbin/chronyd
     printf '[Service]\\nExecStart=/usr/sbin/chronyd\\n' >/etc/systemd/system/chrony.service
     systemctl daemon-reload; systemctl start chrony.service`,
  )
}

test.runIf(inTurn)(
  'before there is a cluster: what is missing is said, the others are changed, chrony restarted, and no more',
  async () => {
    await installChrony('node1')
    await installChrony('node2')
    const before = await footprints(hosts)
    const started = () => hostOutput('node1', 'systemctl show chrony -p ExecMainStartTimestampMonotonic')
    const was = await started()
    const planned = await run(chrony, '--dry-run')
    expect(planned.code, planned.stdout + planned.stderr).toBe(0)
    expect(planned.stdout).toContain(`"what":"write ${dropIn}"`)
    expect(await started()).toBe(was)

    const first = await run(chrony)
    expect(first.code, first.stdout + first.stderr).toBe(0)
    expect(summaryOf(first).changed).toEqual(['node1', 'node2'])
    expect(eventsOf(first, 'warning').map(({ host, message }) => `${host}: ${message}`)).toEqual([
      'node3: chrony is not installed',
    ])
    expect(await hostOutput('node2', `stat -c '%a %U:%G' ${dropIn}; cat ${dropIn}`)).toMatch(
      /^644 root:root\nserver 0\.pool\.ntp\.org iburst\n/,
    )
    expect(await started()).not.toBe(was)
    expect(await footprints(hosts)).toEqual(before)

    const again = await run(chrony)
    expect(again.code, again.stdout).toBe(0)
    expect(summaryOf(again).changed).toEqual([])
    await hostOutput('node2', `echo '# by hand' >>${dropIn}`)
    expect(summaryOf(await run(chrony)).changed).toEqual(['node2'])
  },
)

test.runIf(inTurn)(
  "a step of one's own among the tool's: members go down one at a time, and never without quorum",
  async () => {
    const file = join(site.folder, 'mine.ts')
    writeFileSync(
      file,
      `import { answerOf, configuration, definePlaybook, reachedHosts, stage, start, withAnswer, type Step, type Wanted, type Seen } from 'etcd-deploy'
const mark: Step<Wanted, Seen> = {
  name: 'mark',
  look: { name: 'mark', script: { text: 'cat /etc/marked 2>/dev/null || :' } },
  next: (_, seen) => reachedHosts(seen).flatMap(([host, on]) => answerOf(on, 'mark')?.stdout === "it's $(so)" ? [] : [{
    host, what: 'mark the host', why: 'not marked', takesDown: host,
    script: { text: 'systemctl restart etcd.service; printf %s "$1" >/etc/marked', args: ["it's $(so)"] },
    timeoutMs: 60_000,
    predict: (before: Seen) => withAnswer(before, host, 'mark', "it's $(so)"),
  }]),
}
export default definePlaybook({ name: 'mark', stages: [stage('marked', [configuration, start, mark])] })
`,
    )
    await expectDone(site.run('up'))
    const marked = await run(file)
    expect(marked.code, marked.stdout + marked.stderr).toBe(0)
    expect(takenDown(marked).toSorted()).toEqual(hosts)
    for (const host of hosts) expect(await hostOutput(host, 'cat /etc/marked')).toBe("it's $(so)")
    await expectHealthy('node1')

    await hostOutput('node1', 'systemctl stop etcd.service')
    await hostOutput('node3', 'rm /etc/marked')
    const refused = await run(file, '--on', 'node3')
    expect(refused.code, refused.stdout).toBe(3)
    expect(wordsOf(refused)).toMatch(/quorum/)
    expect(await hostOutput('node3', 'ls /etc/marked 2>/dev/null || echo not')).toBe('not\n')
  },
)
