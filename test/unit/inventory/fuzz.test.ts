import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeployErrors } from '../../../src/errors.ts'
import { resolved } from './samples.ts'

/** Says every key there is, so that a change anywhere in it meets each rule. */
const whole = {
  cluster: 'prod',
  version: '3.6.16',
  nodes: {
    node1: { address: '10.0.0.1', sans: ['a.example.com'], settings: { 'heartbeat-interval': 50 } },
    node2: {
      peer: { address: '10.0.0.2', port: 12380, listen: '0.0.0.0' },
      client: { address: 'fd00::2', port: 12379, listen: '::', advertise: ['etcd2.example.com'] },
    },
    node3: { address: 'node3', ssh: { host: 'h', port: 2222, jump: 'hop@bastion:22', sudo: { password: 'prompt' } } },
  },
  ssh: {
    user: 'deploy',
    key: ['~/.ssh/id_ed25519'],
    password: { env: 'PW' },
    passphrase: { file: './p' },
    agent: false,
    jump: [{ host: 'one', user: 'x', password: 'prompt' }],
    config: '~/.ssh/config',
    knownHosts: './known_hosts',
    concurrency: 3,
    timeouts: { connect: 1000, command: '1m', start: '1h' },
  },
  binaries: { amd64: { file: './a.tar.gz', sha256: 'a'.repeat(64) }, arm64: { mirror: 'https://a/{file}' } },
  settings: { 'quota-backend-bytes': '8GiB', 'log-outputs': ['stderr'] },
  tls: {
    mode: 'mutual',
    key: 'rsa-2048',
    subject: { country: 'DE' },
    sans: ['b'],
    certificates: 'each',
    leafDays: 1,
    caYears: 1,
    clients: { app: { cn: 'app' } },
    pki: { dir: 'pki', passphrase: { env: 'CA_PASSPHRASE' } },
  },
  paths: { bin: '/srv/bin', config: '/srv/config', data: '/srv/data', wal: '/srv/wal' },
  service: {
    name: 'etcd',
    user: 'etcd',
    group: 'etcd',
    adminGroup: 'admins',
    gomaxprocs: 2,
    dropIn: ['CPUWeight=500'],
  },
}

function isResolvedOrRefused(raw: unknown): void {
  try {
    expect(resolved(raw).nodes.length).toBeGreaterThan(0)
  } catch (error) {
    if (!(error instanceof DeployErrors)) throw error
    expect(error.exitCode).toBe(2)
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message } of error.problems) expect(message).not.toMatch(/[\p{Cc}]/u)
  }
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
})
const words = fc.constantFrom(
  '',
  ' ',
  '-',
  '~',
  '/',
  '..',
  '::',
  '0.0.0.0',
  '%',
  '{file}',
  'a,b',
  '\n',
  'prompt',
  'official',
  '5m',
  '__proto__',
)

test('whatever an inventory holds, it is resolved or refused', () => {
  fc.assert(fc.property(fc.oneof(anything, fc.jsonValue()), isResolvedOrRefused))
})

test('whatever is changed in a whole inventory, it is resolved or refused', () => {
  expect(() => resolved(whole)).not.toThrow()
  const path = fc.constantFrom(...pathsIn(whole))
  const value = fc.oneof(words, fc.integer(), fc.string(), anything)
  const changes = fc.array(fc.tuple(path, value, fc.string()), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(changes, (all) =>
      isResolvedOrRefused(
        all.reduce((inventory, [at, put, key]) => changed(inventory, at, put, key), whole as unknown),
      ),
    ),
    { numRuns: 300 },
  )
})

function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner).map((path) => [key, ...path]))]
}

/** With the value at a path replaced, or another key beside it where the path ends in nothing. */
function changed(value: unknown, [key, ...rest]: string[], put: unknown, other: string): unknown {
  if (key === undefined) return isPlain(value) && other !== '' ? { ...value, [other]: put } : put
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (String(index) === key ? changed(one, rest, put, other) : one))
  return isPlain(value) ? { ...value, [key]: changed(value[key], rest, put, other) } : value
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
