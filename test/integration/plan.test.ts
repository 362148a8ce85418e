import { existsSync, readdirSync } from 'node:fs'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { labReset, type NodeName } from '../lab/lab.ts'
import { runEtcdDeploy } from '../instruments/run-cli.ts'
import { footprints } from './support/footprint.ts'
import { newSite } from './support/site.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

beforeAll(async () => {
  await labReset(hosts)
})

test('plan of a first up: all that it will do, host by host, and nothing is made, here or there', async () => {
  const site = await newSite({ nodes: hosts })
  onTestFinished(() => site.remove())
  const before = await footprints(hosts)
  const planned = await runEtcdDeploy(['plan', site.file, '--detailed-exitcode'], { timeoutMs: 60_000, env: site.env })
  expect(planned.code, planned.stdout + planned.stderr).toBe(4)
  for (const host of hosts) expect(planned.stdout).toMatch(new RegExp(`^  .*\\b${host}\\b.*: start the member$`, 'm'))
  expect(planned.stdout).toMatch(/^ *\+ETCD_INITIAL_CLUSTER_STATE=new$/m)
  expect(planned.stdout).toMatch(/\+RequiresMountsFor=\/var\/lib\/etcd$/m)
  expect(planned.stdout).not.toMatch(/PRIVATE KEY/)
  expect(planned.stdout).toMatch(/^No member restarts\.$/m)
  expect(await footprints(hosts)).toEqual(before)
  expect(existsSync(site.pki)).toBe(false)
  expect(readdirSync(site.folder).toSorted()).toEqual(['inventory.ts', 'state'])

  const { code, stdout } = await site.run('plan')
  expect(code, stdout).toBe(0)
  const told = stdout.split('\n').find((line) => line.includes('"type":"plan"')) ?? ''
  const { pki, waves } = JSON.parse(told) as { pki: string[]; waves: { host: string; what: string }[][] }
  // A server and a peer leaf for each, and the admin's.
  expect(pki).toEqual(['make the CA', 'issue 7 certificates'])
  const starts = waves.findIndex((wave) => wave.some(({ what }) => what === 'start the member'))
  expect(waves[starts]?.map(({ host, what }) => [host, what])).toEqual(
    hosts.flatMap((host) => [
      [host, `push etcdutl ${site.inventory.version} as the member starts`],
      [host, 'start the member'],
    ]),
  )
  // Files come before; that the cluster is formed is remembered as they start.
  expect([starts, waves.length]).toEqual([1, 2])
})
