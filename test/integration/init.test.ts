import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { labHost, labReset, stateFiles, type NodeName } from '../lab/lab.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { expectHealthy } from './support/cluster.ts'
import { footprints } from './support/footprint.ts'
import { hasTurn } from './support/turn.ts'

const inTurn = hasTurn('init')
const hosts: NodeName[] = ['node1', 'node2', 'node3']
/** A person's home and the folder for the inventory. */
let home: string
let folder: string

beforeAll(async () => {
  await labReset(hosts)
})

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'etcd-deploy-init-'))
  folder = join(home, 'prod')
  mkdirSync(join(home, '.ssh'))
  mkdirSync(folder)
  copyFileSync(stateFiles.knownHosts, join(home, '.ssh/known_hosts'))
})

afterEach(() => rmSync(home, { recursive: true }))

function run(args: string[]): Promise<Run> {
  const env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), SSH_AUTH_SOCK: undefined }
  return runEtcdDeploy(args, { cwd: folder, env, timeoutMs: 150_000 })
}

function flags(...more: string[]): string[] {
  const nodes = hosts.map((name) => `${name}=${labHost(name).address}`).join(' ')
  return ['init', '--cluster', 'test', '--etcd', '3.6.16', '--nodes', nodes, '--key', stateFiles.key, ...more]
}

test.runIf(inTurn)('init tries the hosts and writes an inventory with which up works', async () => {
  const before = await footprints(hosts)
  const { code, stdout, stderr } = await run(flags('--user', 'deploy', '--json'))
  expect(code, stdout + stderr).toBe(0)
  const told = JSON.parse(stdout) as { hosts: { host: string; where: string; systemd: number }[] }
  expect(told.hosts.map(({ host, where }) => `${host} ${where}`)).toEqual(
    hosts.map((name) => `${name} deploy@${labHost(name).address}:22`),
  )
  for (const { systemd } of told.hosts) expect(systemd).toBeGreaterThan(218)
  expect(await footprints(hosts)).toEqual(before)

  const shown = await run(['inventory', '--json'])
  expect(shown.code, shown.stderr).toBe(0)
  // The lab has no way to etcd's releases.
  const { ready } = await prepareReleases()
  const tarball = ready.find(({ version }) => version === '3.6.16')?.tarball
  const file = join(folder, 'inventory.ts')
  const text = readFileSync(file, 'utf8').replace(/\}\)\n$/, `  binaries: { file: ${JSON.stringify(tarball)} },\n})\n`)
  writeFileSync(file, text)
  const up = await run(['up', '--json'])
  expect(up.code, up.stdout + up.stderr).toBe(0)
  await expectHealthy('node1')
})

test.runIf(inTurn)('a host on which root can not be had is named, and nothing is written', async () => {
  const { code, stderr } = await run(flags('--user', 'ops'))
  expect(code, stderr).toBe(1)
  for (const host of hosts) expect(stderr).toContain(host)
  expect(stderr).toMatch(/sudo there asks for a password/)
  expect(existsSync(join(folder, 'inventory.ts'))).toBe(false)
})

test.runIf(inTurn)('with the password of sudo in a file it is', async () => {
  const { code, stderr } = await run(flags('--user', 'ops', '--sudo', `file:${stateFiles.opsPassword}`))
  expect(code, stderr).toBe(0)
  expect(readFileSync(join(folder, 'inventory.ts'), 'utf8')).toContain(
    `password: { file: '${stateFiles.opsPassword}' }`,
  )
})

test.runIf(inTurn)(
  'hosts that known_hosts does not have are refused without a terminal, exit 3, or accepted by a flag',
  async () => {
    writeFileSync(join(home, '.ssh/known_hosts'), '')
    const refused = await run(flags('--user', 'root', '--sudo', 'no'))
    expect(refused.code, refused.stderr).toBe(3)
    expect(existsSync(join(folder, 'inventory.ts'))).toBe(false)
    const accepted = await run(flags('--user', 'root', '--sudo', 'no', '--accept-new-host-keys'))
    expect(accepted.code, accepted.stderr).toBe(0)
    expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toContain(labHost('node1').address)
  },
)
