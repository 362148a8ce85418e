import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Run } from '../instruments/run-cli.ts'
import { testSeed } from '../instruments/seeded.ts'
import { hostOutput, labReset, labUp, nodes, onHost, type NodeName } from '../lab/lab.ts'
import { wantedReleases, minorOf } from '../lab/releases/versions.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { cellSite, hostsOf, placesOf } from './matrix/cell-site.ts'
import { allCells, sampledCells, type Cell, type Values } from './matrix/cells.ts'
import type { Site } from './support/site.ts'
import { problemsOf, summaryOf, takenDown, wordsOf } from './support/told.ts'

const full = process.env['FULL'] === '1'
const seed = testSeed()
const cells = full ? allCells : sampledCells(seed)
const took = new Map<string, number>()
const { skipped } = await prepareReleases()

console.log(
  [
    full ? `all ${cells.length} cells` : `${cells.length} of ${allCells.length} cells; again with SEED=${seed}`,
    ...allCells.map((cell) => `${cells.some(({ name }) => name === cell.name) ? '*' : ' '} ${cell.name}`),
  ].join('\n'),
)

beforeAll(async () => {
  await labUp({ hosts: nodes.length })
})

afterAll(() => {
  console.log(
    [...took].map(([name, seconds]) => `${seconds.toFixed(1).padStart(5)} s  ${name}`).join('\n') || 'no cell ran',
  )
})

describe.each(cells.map((cell) => [cell.name, cell] as const))('%s', (_name, cell) => {
  const { values } = cell
  const version = versionOf(cell)
  const missing = skipped.find((each) => each.version === version)

  test('comes up, stays as it is, takes a change of settings', { timeout: 300_000 }, async (context) => {
    if (missing !== undefined) context.skip(`etcd ${missing.version}: ${missing.reason}`)
    const begun = performance.now()
    onTestFinished(() => void took.set(cell.name, (performance.now() - begun) / 1000))
    const hosts = hostsOf(values)
    await labReset(hosts)
    const site = await cellSite(values, version)
    onTestFinished(site.remove)
    const cluster = { site, values, hosts, etcdctl: placesOf(values).etcdctl }

    await comesUp(cluster, version)
    await staysAsItIs(cluster)
    if (values.auth === 'auth-on') await copesWithAuth(cluster)
    await takesSettings(cluster)
  })
})

interface Cluster {
  site: Site
  values: Values
  hosts: NodeName[]
  etcdctl: string
}

async function comesUp({ site, values, hosts, etcdctl }: Cluster, version: string): Promise<void> {
  const fresh = await site.run('up')
  expect(fresh.code, said(fresh)).toBe(0)
  expectCommands(fresh, 6)
  await expectHealthy({ hosts, etcdctl })
  const [host = 'node1'] = hosts
  const members = await hostOutput(host, `${etcdctl} member list`)
  const scheme = values.tls === 'off' ? 'http' : 'https'
  const address = values.network === 'IPv6' ? String.raw`\[fd00:213:96::1\d\]` : String.raw`10\.213\.96\.1\d`
  const line = new RegExp(`started, node\\d, ${scheme}://${address}:2380, ${scheme}://${address}:2379`, 'g')
  expect(members.match(line), members).toHaveLength(hosts.length)
  const { bin, data, user, unit } = placesOf(values)
  for (const each of hosts) {
    expect(await hostOutput(each, `stat -c '%a %U:%G' ${data}`)).toBe(`700 ${user}:${user}\n`)
    const pid = await hostOutput(each, `systemctl is-enabled -q ${unit} && systemctl show -p MainPID --value ${unit}`)
    const running = await hostOutput(
      each,
      `tr '\\0' '\\n' </proc/${pid.trim()}/cmdline | head -1; stat -c %U /proc/${pid.trim()}`,
    )
    expect(running).toBe(`${bin}/etcd\n${user}\n`)
  }
  expect(await hostOutput(host, `${bin}/etcd --version`)).toContain(`etcd Version: ${version}\n`)
  await hostOutput(host, `${etcdctl} put kept through-it-all`)
}

async function staysAsItIs({ site, hosts }: Cluster): Promise<void> {
  const again = await site.run('up')
  expect(again.code, said(again)).toBe(0)
  expectCommands(again, 2)
  expect(summaryOf(again)).toMatchObject({ changed: [], restarted: [], unchanged: hosts })
}

/** With mutual TLS the tool is etcd's user root; elsewhere it has no name, and says what is missing. */
async function copesWithAuth({ site, values, hosts, etcdctl }: Cluster): Promise<void> {
  const [host = 'node1'] = hosts
  await hostOutput(host, `${etcdctl} user add root:of-the-test && ${etcdctl} auth enable`)
  if (values.tls === 'mutual') {
    await staysAsItIs({ site, values, hosts, etcdctl })
    const status = await site.run('status')
    expect(status.code, said(status) + status.stdout).toBe(0)
    return
  }
  site.edit({ settings: { 'quota-backend-bytes': '4GiB' } })
  const refused = await site.run('up')
  expect(refused.code, said(refused)).toBe(1)
  expect(refused.seconds).toBeLessThan(30)
  expect(wordsOf(refused)).toMatch(/auth/)
  expect(wordsOf(refused)).toMatch(/client certificate.*mutual/s)
  expect(problemsOf(refused).every(({ stack }) => stack === undefined)).toBe(true)
  expect(takenDown(refused)).toEqual([])
  expect(summaryOf(refused)).toMatchObject({ changed: [] })
  await hostOutput(host, `${etcdctl} --user root:of-the-test auth disable`)
}

async function takesSettings({ site, hosts, values, etcdctl }: Cluster): Promise<void> {
  site.edit({ settings: { 'quota-backend-bytes': '3GiB' } })
  const changed = await site.run(['up', ...(hosts.length === 1 ? ['--allow-downtime'] : [])])
  expect(changed.code, said(changed)).toBe(0)
  expect(takenDown(changed).toSorted()).toEqual(hosts.toSorted())
  await expectHealthy({ hosts, etcdctl })
  const { unit } = placesOf(values)
  for (const host of hosts) {
    const environment = `tr '\\0' '\\n' <"/proc/$(systemctl show -p MainPID --value ${unit})/environ"`
    expect(await hostOutput(host, environment)).toContain(`ETCD_QUOTA_BACKEND_BYTES=${3 * 2 ** 30}\n`)
  }
  expect(await hostOutput(hosts[0] ?? 'node1', `${etcdctl} get kept`)).toBe('kept\nthrough-it-all\n')
}

/** As etcd's own tool tells it on a host, whatever the run said. */
async function expectHealthy({ hosts, etcdctl }: Pick<Cluster, 'hosts' | 'etcdctl'>): Promise<void> {
  const health = await onHost(hosts[0] ?? 'node1', `${etcdctl} endpoint health 2>&1`)
  expect(health.stdout.match(/ is healthy: /g), health.stdout).toHaveLength(hosts.length)
  expect(health.code, health.stdout).toBe(0)
}

function expectCommands(run: Run, most: number): void {
  for (const [host, count] of Object.entries(summaryOf(run).commands)) expect(count, host).toBeLessThanOrEqual(most)
}

function said({ events, stderr }: Run): string {
  const told = events.filter(({ type }) => type !== 'progress' && type !== 'command')
  return [...told.map((event) => JSON.stringify(event)), stderr].join('\n')
}

/** Where there are two patch releases, cells take turns. */
function versionOf({ name, values }: Cell): string {
  const minor = allCells.filter((cell) => cell.values.etcd === values.etcd)
  const patches = wantedReleases.map(({ version }) => version).filter((each) => `3.${minorOf(each)}` === values.etcd)
  const turn = minor.findIndex((cell) => cell.name === name)
  return patches[turn % patches.length] ?? values.etcd
}
