import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runEtcdDeploy } from '../instruments/run-cli.ts'
import { mustRun } from '../lab/process.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'
import { labReset } from '../lab/lab.ts'
import { newSite, type Site } from './support/site.ts'
import { notesOf } from './support/told.ts'

let site: Site
let told = ''
const tools = mkdtempSync(join(tmpdir(), 'etcdctl-here-'))

beforeAll(async () => {
  await labReset(['node1', 'node2', 'node3'])
  site = await newSite({
    nodes: ['node1', 'node2', 'node3'],
    tls: { clients: { apiserver: { cn: 'kube-apiserver-etcd-client' } } },
  })
  const up = await site.run('up')
  expect(up.code, up.stdout).toBe(0)
  told = notesOf(up)
  const { ready } = await prepareReleases()
  const release = ready.find(({ version }) => version === site.inventory.version)
  await mustRun('tar', ['-C', tools, '--strip-components=1', '-xzf', release?.tarball ?? ''])
})
afterAll(() => site.remove())

async function endpoints(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runEtcdDeploy(['endpoints', '-i', site.file, ...args], {
    timeoutMs: 20_000,
    env: site.env,
  })
  expect(code, stderr).toBe(0)
  return stdout
}

test('up points to it', () => {
  expect(told).toContain(`etcd-deploy endpoints --for etcdctl -i ${site.file}`)
})

test('etcdctl works here with what it prints, and sees the whole cluster', async () => {
  const script = 'eval "$1"; exec "$2" endpoint health'
  const said = await mustRun('sh', [
    '-c',
    `${script} 2>&1`,
    'sh',
    await endpoints('--for', 'etcdctl'),
    join(tools, 'etcdctl'),
  ])
  expect(said.match(/is healthy/g)).toHaveLength(3)
})

test('the flags of kube-apiserver name files that certs export writes, and members take them', async () => {
  const dir = join(site.folder, 'handed-out')
  const flags = (await endpoints('--for', 'kube-apiserver', '--dir', dir)).trim().split('\n')
  const exported = await runEtcdDeploy(
    ['certs', 'export', 'apiserver', '-i', site.file, '--format', 'pem', '--out', dir],
    {
      timeoutMs: 20_000,
      env: site.env,
    },
  )
  expect(exported.code, exported.stderr).toBe(0)
  const [servers = '', ca = '', cert = '', key = ''] = flags.map((flag) => flag.replace(/^[^=]*=/, ''))
  for (const file of [ca, cert, key]) expect(existsSync(file), file).toBe(true)
  const access = [`--endpoints=${servers}`, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`]
  expect(await mustRun(join(tools, 'etcdctl'), [...access, 'put', 'a', 'b'])).toBe('OK\n')
})
