import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { toldBy, type Told } from '../cli/local-hosts.ts'
import { openPki } from '../../../src/pki/open.ts'
import { notBefore } from '../pki/samples.ts'
import { madePki, site, type Site } from './run.ts'

const urls = 'https://10.0.0.1:2379,https://10.0.0.2:2379,https://10.0.0.3:2379'

const ask = (at: Site, ...args: string[]): Promise<Told> => toldBy(['endpoints', '-i', at.inventory, ...args])

async function withClients(...names: string[]): Promise<Site> {
  const at = site()
  await madePki(at)
  for (const name of names) await at.certs('issue', name, '--out', join(at.folder, name))
  return at
}

test('the endpoints alone, for which nothing is needed but the inventory', async () => {
  expect(await ask(site())).toEqual({ code: 0, stdout: `${urls}\n`, stderr: '' })
  expect((await ask(site({ mode: 'off' }), '--for', 'k3s')).stdout).toBe(
    `--datastore-endpoint=${urls.replaceAll('https', 'http')}\n`,
  )
})

test('for kubeadm: the only client, its files where Kubernetes has them, and on stderr how they get there', async () => {
  const { code, stdout, stderr } = await ask(await withClients('apiserver'), '--for', 'kubeadm')
  expect(code).toBe(0)
  expect(stdout).toContain('    caFile: /etc/kubernetes/pki/etcd/ca.crt\n')
  expect(stdout).toContain('    keyFile: /etc/kubernetes/pki/etcd/apiserver.key\n')
  expect(stderr).toContain('certs export apiserver --format pem --out DIR')
})

test('several clients: it wants to know which; --dir says where its files lie', async () => {
  const at = await withClients('apiserver', 'backup')
  expect(await ask(at, '--for', 'kube-apiserver')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('--client NAME'),
  })
  const { stdout } = await ask(at, '--for', 'kube-apiserver', '--client', 'backup', '--dir', '/keys')
  expect(stdout.split('\n').slice(1)).toEqual([
    '--etcd-cafile=/keys/ca.crt',
    '--etcd-certfile=/keys/backup.crt',
    '--etcd-keyfile=/keys/backup.key',
    '',
  ])
})

test('for etcdctl: paths in pki/ that are there, and no secret in what is told', async () => {
  const at = await withClients('backup')
  const { stdout, stderr } = await ask(at, '--for', 'etcdctl', '--client', 'backup')
  const paths = [...stdout.matchAll(/^export ETCDCTL_(?:CACERT|CERT|KEY)=(.*)$/gm)].map(([, path = '']) => path)
  const [ca = '', cert = '', key = ''] = paths.map((path) => readFileSync(path, 'utf8'))
  expect(cert).toBe(readFileSync(join(at.folder, 'backup', 'backup.crt'), 'utf8'))
  expect(key).toBe(readFileSync(join(at.folder, 'backup', 'backup.key'), 'utf8'))
  expect(ca).toBe(readFileSync(join(at.folder, 'backup', 'ca.crt'), 'utf8'))
  expect(stdout + stderr).not.toMatch(/PRIVATE|BEGIN/)
})

test('members that ask nobody for a certificate: the CA is all', async () => {
  const at = site({ mode: 'server' })
  await madePki(at)
  const { code, stdout } = await ask(at, '--for', 'kube-apiserver')
  expect([code, stdout]).toEqual([0, `--etcd-servers=${urls}\n--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt\n`])
})

test('--json: one object', async () => {
  const at = await withClients('apiserver')
  const { stdout } = await ask(at, '--for', 'k3s', '--json')
  expect(JSON.parse(stdout)).toEqual({
    v: 1,
    type: 'endpoints',
    endpoints: urls.split(','),
    caFile: '/etc/rancher/k3s/etcd/ca.crt',
    certFile: '/etc/rancher/k3s/etcd/apiserver.crt',
    keyFile: '/etc/rancher/k3s/etcd/apiserver.key',
  })
})

test.each<[string, () => Promise<Site>, string[], number, RegExp]>([
  ['no pki/ yet', () => Promise.resolve(site()), ['--for', 'kubeadm'], 2, /etcd-deploy up makes a CA/],
  ['no client yet', () => withClients(), ['--for', 'kubeadm'], 1, /certs issue NAME/],
  ['no such client', () => withClients('a'), ['--for', 'k3s', '--client', 'b'], 2, /certs issue b/],
  ['no admin yet', () => withClients(), ['--for', 'etcdctl'], 1, /etcd-deploy up makes it/],
  ['the admin’s elsewhere', () => withClients(), ['--for', 'k3s', '--client', 'admin'], 2, /not handed out/],
  [
    'a program that it does not know',
    () => withClients(),
    ['--for', 'vault'],
    2,
    /etcdctl, kube-apiserver, kubeadm, k3s/,
  ],
])('%s: nothing on stdout, and what to do', async (_, made, args, exit, told) => {
  const { code, stdout, stderr } = await ask(await made(), ...args)
  expect([code, stdout]).toEqual([exit, ''])
  expect(stderr).toMatch(told)
})

test('while a CA rotation is under way, one file of pki/ is not enough', async () => {
  const at = await withClients('backup')
  const store = await openPki(join(at.folder, 'pki'), 'prod')
  await store?.beginCa({ from: 'new', key: 'ecdsa-p256', subject: {}, notBefore, years: 10 })
  expect(await ask(at, '--for', 'etcdctl', '--client', 'backup')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--dir DIR'),
  })
})
