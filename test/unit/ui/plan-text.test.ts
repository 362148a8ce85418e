import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../../src/steps/unified-diff.ts'
import { noColors } from '../../../src/ui/colors.ts'
import { planJson, planText } from '../../../src/ui/plan-text.ts'

const hosts = ['node1', 'node2', 'node3']
const common = ['DATA_DIR=/var/lib/etcd', 'QUOTA=8', 'RETENTION=1h', 'MODE=periodic', 'LOG=warn', 'TIMEOUT=1000']
const env = (host: string, more: string[] = []) => [`NAME=${host}`, ...common, ...more, ''].join('\n')
const unit = '[Service]\nType=notify\nNice=-10\n'
const files = (host: string) => unifiedDiff('/etc/etcd.env', '', env(host)) + unifiedDiff('/etc/etcd.service', '', unit)

const change = (host: string, diff?: string) => ({
  host,
  what: 'write /etc/etcd.env, /etc/etcd.service',
  why: 'missing',
  ...(diff === undefined ? {} : { diff }),
})
const lines = (...waves: (ReturnType<typeof change> & { takesDown?: string })[][]) =>
  planText([], waves, noColors)
    .split('\n')
    .map((line) => line.trim())

describe('what several hosts get is shown once', () => {
  const told = lines(hosts.map((host) => change(host, files(host))))

  test('the change, with all its hosts', () => {
    expect(told.slice(0, 3)).toEqual([
      'Wave 1',
      'node1, node2, node3: write /etc/etcd.env, /etc/etcd.service',
      'missing',
    ])
  })

  test('a file that is the same for all', () => {
    expect(told.filter((line) => line === '+Type=notify')).toHaveLength(1)
    expect(told[told.indexOf('+Nice=-10') + 1]).toBe('same on node2, node3')
  })

  test('a file that differs in a few lines: those lines alone', () => {
    expect(told.filter((line) => line === '+QUOTA=8')).toHaveLength(1)
    for (const host of ['node2', 'node3']) {
      const at = told.indexOf(`/etc/etcd.env on ${host}: as on node1, but for`)
      expect(told[at + 1]).toBe(`+NAME=${host}`)
    }
  })
})

test('a file that has less than the others is shown whole', () => {
  const told = lines([
    change('node1', unifiedDiff('/etc/etcd.env', '', env('node', ['SNAPSHOTS=5']))),
    change('node2', unifiedDiff('/etc/etcd.env', '', env('node'))),
  ])
  expect(told.filter((line) => line === '+QUOTA=8')).toHaveLength(2)
  expect(told).toContain('on node2:')
})

test('so is one that has little in common with them', () => {
  const told = lines([
    change('node1', unifiedDiff('/etc/etcd.env', '', 'A=1\nB=1\n')),
    change('node2', unifiedDiff('/etc/etcd.env', '', 'A=2\nB=2\n')),
  ])
  expect(told).toEqual(expect.arrayContaining(['+A=1', '+B=1', '+A=2', '+B=2']))
})

test('over waves, in which one member restarts after the other', () => {
  // Each has its own name beside what changes.
  const diff = (host: string) => unifiedDiff('/etc/etcd.env', env(host), env(host).replace('QUOTA=8', 'QUOTA=9'))
  const told = lines(...hosts.map((host) => [{ ...change(host, diff(host)), takesDown: host }]))
  expect(told).toContain('NAME=node1')
  expect(told).not.toContain('NAME=node3')
  expect(told.filter((line) => line === '+QUOTA=9')).toHaveLength(1)
  expect(told).toContain('/etc/etcd.env on node3: as on node1')
  expect(told).toContain('node3: write /etc/etcd.env, /etc/etcd.service (restarts node3)')
  expect(told.at(-1)).toBe('Members that restart, in this order: node1, node2, node3.')
})

test('reasons of their own keep hosts apart', () => {
  const told = lines([change('node1'), { ...change('node2'), why: 'differs' }])
  expect(told.filter((line) => line.endsWith(': write /etc/etcd.env, /etc/etcd.service'))).toHaveLength(2)
})

test('programs get every difference of every host', () => {
  const wave = hosts.map((host) => change(host, files(host)))
  expect(planJson('prod', ['make the CA'], [wave])).toMatchObject({ pki: ['make the CA'], waves: [wave] })
})

test('what is made on this machine comes first, and alone it is a change too', () => {
  const told = planText(['make the CA', 'issue 7 certificates'], [], noColors).split('\n')
  expect(told).toEqual(['On this machine, in pki/', '  make the CA, issue 7 certificates', 'No member restarts.'])
})
