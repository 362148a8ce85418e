import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { clientSettings } from '../../../src/cli/client-settings.ts'

const access = {
  endpoints: ['https://10.0.0.1:2379', 'https://[fd00::1]:2379'],
  caFile: "/srv/our keys/it's/ca.crt",
  certFile: '/srv/a.crt',
  keyFile: '/srv/a.key',
}

test('etcdctl: what a shell takes, whatever is in the paths', () => {
  const script = clientSettings('etcdctl', access, '3.6.16')
  const shown = execFileSync('sh', [
    '-c',
    'eval "$1"; printf "%s\\n" "$ETCDCTL_ENDPOINTS" "$ETCDCTL_CACERT" "$ETCDCTL_CERT" "$ETCDCTL_KEY"',
    'sh',
    script,
  ])
  expect(shown.toString().trim().split('\n')).toEqual([
    access.endpoints.join(','),
    access.caFile,
    access.certFile,
    access.keyFile,
  ])
  expect(script).not.toContain('ETCDCTL_API')
  expect(clientSettings('etcdctl', access, '3.3.25')).toContain('export ETCDCTL_API=3\n')
})

test.each(['kube-apiserver', 'k3s'] as const)('%s: flags that a shell takes word for word', (program) => {
  const prefix = program === 'k3s' ? '--datastore' : '--etcd'
  const script = `set -- ${clientSettings(program, access, '3.6.16').replaceAll('\n', ' ')}; for flag; do printf '%s\\n' "$flag"; done`
  expect(execFileSync('sh', ['-c', script]).toString().trim().split('\n')).toEqual([
    `${prefix}-${program === 'k3s' ? 'endpoint' : 'servers'}=${access.endpoints.join(',')}`,
    `${prefix}-cafile=${access.caFile}`,
    `${prefix}-certfile=${access.certFile}`,
    `${prefix}-keyfile=${access.keyFile}`,
  ])
})

test('kubeadm: YAML', () => {
  expect(clientSettings('kubeadm', access, '3.6.16')).toBe(`apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
etcd:
  external:
    endpoints:
      - https://10.0.0.1:2379
      - "https://[fd00::1]:2379"
    caFile: "/srv/our keys/it's/ca.crt"
    certFile: /srv/a.crt
    keyFile: /srv/a.key
`)
})

test('without TLS there are endpoints and nothing else', () => {
  const { endpoints } = access
  expect(clientSettings('kube-apiserver', { endpoints: endpoints.slice(0, 1) }, '3.6.16')).toBe(
    '--etcd-servers=https://10.0.0.1:2379\n',
  )
})
