import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { envName } from '../../src/etcd/env-line.ts'
import { type Flag, flags, hasFlag } from '../../src/etcd/flags.ts'
import { readValue } from '../../src/etcd/setting-values.ts'
import { checkSettings } from '../../src/etcd/settings.ts'
import { atLeast } from '../../src/etcd/versions.ts'
import { mustRun } from '../lab/process.ts'
import { prepareReleases } from '../lab/releases/prepare.ts'

const { ready } = await prepareReleases()
const folder = mkdtempSync(join(tmpdir(), 'flags-etcd-'))
const limit = pLimit(2)
const table = Object.entries<Flag>(flags)

/** Values that etcd's flags take one by one, and that make it exit together or after parsing. */
const clashing: { values: Record<string, string>; since?: string }[] = [
  { values: { 'election-timeout': '499' } },
  { values: { 'heartbeat-interval': '201' } },
  { values: { 'election-timeout': '50001' } },
  { values: { 'tls-min-version': 'TLS1.3', 'cipher-suites': 'TLS_AES_128_GCM_SHA256' } },
  { values: { 'tls-min-version': 'TLS1.3', 'tls-max-version': 'TLS1.2' } },
  { values: { 'tls-min-version': 'TLS1.4' } },
  { values: { 'auto-compaction-mode': 'never' } },
  { values: { 'log-level': 'verbose' } },
  { values: { cors: 'https://a.example' }, since: '3.4' },
  { values: { 'v2-deprecation': 'not-yet' }, since: '3.6' },
  { values: { logger: 'capnslog' }, since: '3.5' },
  { values: { 'log-outputs': 'default,stderr' } },
  { values: { 'log-outputs': 'systemd/journal,stderr' } },
  { values: { 'enable-log-rotation': 'true' } },
  { values: { 'auth-token': 'jwt,pub-key' } },
  { values: { 'experimental-enable-lease-checkpoint-persist': 'true' } },
  { values: { 'feature-gates': 'LeaseCheckpointPersist=true' } },
  { values: { 'corrupt-check-time': '1h', 'experimental-corrupt-check-time': '1h' } },
  { values: { 'feature-gates': 'CompactHashCheck=true', 'experimental-compact-hash-check-enabled': 'true' } },
  { values: { 'feature-gates': 'NoSuchGate=true' } },
]

const sentinel = 'etcd-has-no-such-flag'

/** What a flag of each type refuses; a string takes anything. */
const valueOfOtherType: Partial<Record<Flag['type'], string>> = {
  bool: 'on',
  int: '1.5',
  uint: '-1',
  bytes: '1GiB',
  milliseconds: '100ms',
  seconds: '5m',
  duration: '100',
  gates: 'true',
}

const sampleOfType: Record<Flag['type'], unknown> = {
  bool: false,
  int: 10,
  uint: 10,
  bytes: '64MiB',
  milliseconds: '100ms',
  seconds: '5m',
  duration: '10s',
  retention: '1h',
  string: 'word',
  enum: undefined,
  list: ['a.example'],
  gates: { InitialCorruptCheck: false },
}

const samples: Record<string, unknown> = {
  'election-timeout': '1s',
  'auth-token': 'simple',
  'log-level': 'info',
  'log-outputs': ['stderr'],
  'log-package-levels': 'etcdserver=INFO',
  'log-rotation-config-json': '{"maxsize": 100}',
  'experimental-enable-v2v3': '/v2',
  'cipher-suites': ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  cors: ['https://a.example:443', 'http://b.example:8080'],
  'v2-deprecation': 'write-only',
  'host-whitelist': ['127.0.0.1'],
}

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe.each(ready)('etcd $version', ({ version, tarball }) => {
  const home = join(folder, version)
  const etcd = join(home, 'etcd')
  const present = table.filter(([, flag]) => hasFlag(flag, version))
  const absent = table.filter(([, flag]) => !hasFlag(flag, version))
  const settable = present.filter(([, flag]) => flag.owned === undefined && flag.refused === undefined)

  beforeAll(async () => {
    mkdirSync(home)
    await mustRun('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
  })

  test('has the flags that the table says it has', async () => {
    const values = present.map(([name, flag]) => `--${name}=${etcdValue(name, flag, version)}`)
    expect(await complaint(etcd, values)).toBe(`flag provided but not defined: -${sentinel}`)
  })

  test('has no flag that the table says it lacks', async () => {
    const complaints = await Promise.all(absent.map(([name]) => limit(() => complaint(etcd, [`--${name}=1`]))))
    expect(complaints).toEqual(absent.map(([name]) => `flag provided but not defined: -${name}`))
  })

  test('has no flag that the table does not know', async () => {
    const help = await output(etcd, ['--help'])
    const named = new Set([...help.matchAll(/--([a-z][a-z\d-]+)/g)].map((match) => match[1] ?? ''))
    const unknown = [...named].filter((name) => name !== 'help' && !Object.hasOwn(flags, name))
    const complaints = await Promise.all(unknown.map((name) => limit(() => complaint(etcd, [`--${name}=`]))))
    expect(named.size).toBeGreaterThan(50)
    expect(complaints).toEqual(unknown.map((name) => `flag provided but not defined: -${name}`))
  })

  test('takes for a number, a duration or a switch what the table takes for one', async () => {
    const wrong = settable.flatMap(([name, { type }]) => {
      const value = valueOfOtherType[type]
      return value === undefined ? [] : [{ name, value }]
    })
    const complaints = await Promise.all(
      wrong.map(({ name, value }) => limit(() => complaint(etcd, [`--${name}=${value}`]))),
    )
    for (const [index, { name }] of wrong.entries())
      expect(complaints[index]).toMatch(new RegExp(`^invalid .* for (flag )?-${name}: `))
    const free = settable.filter(([, { type }]) => type === 'string' || type === 'enum')
    const anything = free.map(([name]) => `--${name}=${name === 'v2-deprecation' ? 'gone' : 'no such word'}`)
    expect(await complaint(etcd, anything)).toBe(`flag provided but not defined: -${sentinel}`)
  })

  test('starts with every setting at once, as checkSettings writes them, and knows every variable', async () => {
    const chosen = settable.filter(([name, flag]) => !isOldName(flag, version) && name !== 'peer-cert-allowed-hostname')
    const settings = Object.fromEntries(chosen.map(([name, flag]) => [name, naturalValue(name, flag)]))
    const { values, problems } = checkSettings(settings, version)
    expect(problems).toEqual([])
    expect(Object.keys(values)).toHaveLength(chosen.length)
    const { healthy, log } = await start(etcd, join(home, 'all'), values)
    expect(healthy, log.slice(-2000)).toBe(true)
    expect(log).not.toMatch(/unrecognized environment variable/)
    const unused = Object.keys(values).filter(
      (name) => !new RegExp(`recognized and used.*\\b${envName(name)}\\b`).test(log),
    )
    expect(unused).toEqual([])
  })

  const clashes = clashing.filter(
    ({ values, since }) =>
      atLeast(version, since ?? '3.3') && Object.keys(values).every((name) => hasFlag(flagOf(name), version)),
  )
  test.each(clashes.map(({ values }) => ({ values, text: Object.entries(values).flat().join(' ') })))(
    'exits at start with $text',
    async ({ values }) => {
      const { problems } = checkSettings(values, version)
      const { exited, log } = await start(etcd, join(home, JSON.stringify(values).replaceAll(/\W/g, '')), values)
      expect({ exited, refused: problems.length > 0 }, log.slice(-1000)).toEqual({ exited: true, refused: true })
    },
  )
})

/** Never starts etcd: its flags are read in order, and the last one is none. */
async function complaint(etcd: string, args: string[]): Promise<string> {
  const text = await output(etcd, [...args, `--${sentinel}`])
  return text.split('\n').find((line) => /^(flag provided but not defined|invalid )/.test(line)) ?? text
}

function output(etcd: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(etcd, args, { env: {}, timeout: 10_000, cwd: folder }, (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
}

function etcdValue(name: string, flag: Flag, version: string): string {
  if (flag.owned !== undefined && flag.type === 'list') return 'http://127.0.0.1:2379'
  const read = readValue(flag, naturalValue(name, flag), version)
  if (!('value' in read)) throw new Error(`${name}: ${read.message}`)
  return read.value
}

function naturalValue(name: string, flag: Flag): unknown {
  return samples[name] ?? flag.values?.[0] ?? sampleOfType[flag.type]
}

/** etcd refuses or ignores an old name beside the new one. */
function isOldName({ renamedTo, gate }: Flag, version: string): boolean {
  return hasFlag(flagOf(renamedTo ?? (gate === undefined ? '' : 'feature-gates')), version)
}

function flagOf(name: string): Flag {
  return (flags as Record<string, Flag>)[name] ?? { since: '99', type: 'string' }
}

interface Outcome {
  healthy: boolean
  exited: boolean
  log: string
}

/** One member on loopback, configured by its environment alone, as etcd-deploy's units do. */
async function start(etcd: string, home: string, settings: Record<string, string>): Promise<Outcome> {
  const [client, peer] = await Promise.all([freeUrl(), freeUrl()])
  const own = {
    'data-dir': home,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  }
  const variables = Object.entries({ ...settings, ...own }).map(([name, value]) => [envName(name), value])
  const member = spawn(etcd, { env: Object.fromEntries(variables), cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const exit = once(member, 'exit')
  let log = ''
  member.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const healthy = await becomesHealthy(client, () => member.exitCode !== null)
  const exited = member.exitCode !== null
  member.kill('SIGKILL')
  await exit
  return { healthy, exited, log }
}

async function becomesHealthy(client: string, hasExited: () => boolean): Promise<boolean> {
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline && !hasExited()) {
    const answer = await fetch(`${client}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    if (answer?.ok) return true
    await sleep(100)
  }
  return false
}

async function freeUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return `http://127.0.0.1:${port}`
}
