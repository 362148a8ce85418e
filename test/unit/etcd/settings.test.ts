import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flags } from '../../../src/etcd/flags.ts'
import { checkSettings, type Settings } from '../../../src/etcd/settings.ts'

describe('natural values become what etcd takes', () => {
  test.each([
    ['quota-backend-bytes', '8GiB', '8589934592'],
    ['quota-backend-bytes', 0, '0'],
    ['max-request-bytes', 2_097_152, '2097152'],
    ['heartbeat-interval', '200ms', '200'],
    ['heartbeat-interval', 150, '150'],
    ['election-timeout', '5s', '5000'],
    ['auth-token-ttl', '5m', '300'],
    ['auto-compaction-retention', '1h', '1h'],
    ['auto-compaction-retention', 8, '8'],
    ['grpc-keepalive-interval', '2h', '2h'],
    ['snapshot-count', 10_000, '10000'],
    ['snapshot-count', '10000', '10000'],
    ['pre-vote', true, 'true'],
    ['enable-pprof', 'false', 'false'],
    ['log-level', 'warn', 'warn'],
    ['log-outputs', ['stderr', '/var/log/etcd.log'], 'stderr,/var/log/etcd.log'],
    ['cors', 'https://a.example:443,http://b.example:80', 'https://a.example:443,http://b.example:80'],
    ['cors', '*', '*'],
    ['peer-cert-allowed-cn', ['a', 'b'], 'a,b'],
    [
      'feature-gates',
      { InitialCorruptCheck: true, LeaseCheckpoint: false },
      'InitialCorruptCheck=true,LeaseCheckpoint=false',
    ],
    ['auth-token', 'jwt,pub-key=/etc/jwt.pub,sign-method=RS256', 'jwt,pub-key=/etc/jwt.pub,sign-method=RS256'],
  ])('%s: %j', (name, value, wanted) => {
    expect(checkSettings({ [name]: value }, '3.6.16')).toEqual({
      values: { [name]: wanted },
      problems: [],
      warnings: [],
    })
  })

  test('what is undefined counts as left out, so that a setting can depend on something', () => {
    expect(checkSettings({ 'pre-vote': undefined }, '3.6.16').values).toEqual({})
  })
})

describe('bad values are refused with the form that is expected', () => {
  test.each([
    ['quota-backend-bytes', '8G', /'8GiB'/],
    ['quota-backend-bytes', -1, /'8GiB'/],
    ['heartbeat-interval', '1.5ms', /whole milliseconds/],
    ['heartbeat-interval', 0, /whole milliseconds/],
    ['heartbeat-interval', '1 lightyear', /not '1 lightyear'/],
    ['election-timeout', '51s', /at most 50000 ms/],
    ['auth-token-ttl', '1500ms', /whole seconds/],
    ['grpc-keepalive-interval', 30, /with its unit/],
    ['grpc-keepalive-interval', '1d', /with its unit/],
    ['compact-hash-check-time', '0s', /above zero/],
    ['snapshot-count', 1.5, /whole number/],
    ['snapshot-count', -1, /at least 0/],
    ['max-learners', 0, /at least 1/],
    ['bcrypt-cost', 32, /from 4 to 31/],
    ['distributed-tracing-sampling-rate', 1_000_001, /from 0 to 1000000/],
    ['pre-vote', 'yes', /true or false/],
    ['pre-vote', 1, /true or false/],
    ['log-level', 'warning', /'warn'/],
    ['metrics', null, /'basic', 'extensive'/],
    ['cors', ['a,b'], /without commas/],
    ['cors', [' a'], /without commas/],
    ['cors', {}, /list of strings/],
    ['cors', ['https://a.example'], /port included, not 'https:\/\/a.example'/],
    ['cors', ['a.example:443'], /port included/],
    ['v2-deprecation', 'not-yet', /past in etcd 3.6.16/],
    ['cors', [], /empty/],
    ['distributed-tracing-address', '', /empty/],
    ['distributed-tracing-address', 'a\nETCD_FORCE_NEW_CLUSTER=true', /line break/],
    ['cors', ['a\u0000b'], /control character/],
    ['feature-gates', 'InitialCorruptCheck', /a record such as/],
    ['feature-gates', { InitialCorruptChek: true }, /no feature gate InitialCorruptChek/],
    ['feature-gates', { PriorityRequest: true }, /no feature gate PriorityRequest/],
    ['auto-compaction-retention', '-1h', /a duration/],
    ['auth-token', 'jwt,pub-key', /'simple' or 'jwt/],
    ['cipher-suites', ['TLS_AES_128'], /no cipher suite TLS_AES_128/],
    ['log-rotation-config-json', '{maxsize: 1}', /JSON object/],
  ])('%s: %j', (name, value, message) => {
    const { problems } = checkSettings({ [name]: value }, '3.6.16')
    expect(problems).toMatchObject([{ path: name, message: expect.stringMatching(message) }])
  })

  test('a slip in a value gets the right word', () => {
    expect(checkSettings({ 'log-level': 'debg' }, '3.6.16').problems[0]?.next).toBe("did you mean 'debug'?")
    expect(checkSettings({ 'feature-gates': { LeaseCheckpont: true } }, '3.6.16').problems[0]?.next).toContain(
      'LeaseCheckpoint',
    )
    const suite = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25'
    expect(checkSettings({ 'cipher-suites': suite }, '3.6.16').problems[0]?.next).toContain(`${suite}6`)
  })
})

describe('names', () => {
  test.each([
    ['quota-backend-byte', 'quota-backend-bytes'],
    ['quotaBackendBytes', 'quota-backend-bytes'],
    ['ETCD_HEARTBEAT_INTERVAL', 'heartbeat-interval'],
    ['--election-timeout', 'election-timeout'],
    ['data-dirs', 'data-dir'],
  ])('%s: did you mean %s?', (typed, meant) => {
    expect(checkSettings({ [typed]: 1 }, '3.6.16').problems).toEqual([
      { path: typed, message: 'is no flag of etcd', next: `did you mean '${meant}'?` },
    ])
  })

  test("a record's own built-in names are no flags", () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const settings = Object.fromEntries([[name, 'x']])
      expect(checkSettings(settings, '3.6.16').problems).toMatchObject([{ path: name, message: 'is no flag of etcd' }])
    }
  })

  test.each([
    ['data-dir', 'paths.data'],
    ['wal-dir', 'paths.wal'],
    ['listen-peer-urls', 'nodes.NAME.peer'],
    ['advertise-client-urls', 'nodes.NAME.client'],
    ['initial-cluster', 'nodes'],
    ['trusted-ca-file', 'tls'],
    ['client-cert-auth', 'tls.mode'],
    ['name', 'nodes'],
    ['config-file', 'settings'],
  ])('%s is said as %s', (name, place) => {
    expect(checkSettings({ [name]: 'x' }, '3.6.16').problems).toMatchObject([
      { path: name, message: 'is set by etcd-deploy itself', next: expect.stringContaining(place) },
    ])
  })

  test.each([
    ['force-new-cluster', /cluster of its own/],
    ['unsafe-no-fsync', /lost when the host loses power/],
    ['auto-tls', /nobody can verify/],
    ['peer-auto-tls', /nobody can verify/],
    ['discovery-srv', /nothing to discover/],
    ['discovery-token', /nothing to discover/],
    ['proxy', /without data/],
    ['proxy-dial-timeout', /without data/],
  ])('%s is refused with the reason, in every version', (name, reason) => {
    for (const version of ['3.3.25', '3.7.3']) {
      expect(checkSettings({ [name]: true }, version).problems).toMatchObject([
        { message: expect.stringMatching(reason) },
      ])
    }
  })
})

describe('names by version', () => {
  test.each([
    ['corrupt-check-time', '1h', '3.5.30', "there it is 'experimental-corrupt-check-time'"],
    ['experimental-corrupt-check-time', '1h', '3.7.3', "there it is 'corrupt-check-time'"],
    ['experimental-initial-corrupt-check', true, '3.7.3', "say 'feature-gates': { InitialCorruptCheck: true }"],
    ['experimental-backend-bbolt-freelist-type', 'map', '3.5.30', "there it is 'backend-bbolt-freelist-type'"],
    ['backend-bbolt-freelist-type', 'map', '3.4.23', "there it is 'experimental-backend-bbolt-freelist-type'"],
    ['log-output', 'stderr', '3.6.16', "there it is 'log-outputs'"],
    ['log-outputs', ['stderr'], '3.3.25', "there it is 'log-output'"],
    ['debug', true, '3.5.30', "say `'log-level': 'debug'`"],
    ['enable-v2', true, '3.6.16', 'the v2 API is gone; its clients must speak v3'],
  ])('%s: %j in %s %s', (name, value, version, next) => {
    expect(checkSettings({ [name]: value }, version).problems).toMatchObject([
      { path: name, message: expect.stringContaining(version), next },
    ])
  })

  test('what a version does not have yet says when it came', () => {
    expect(checkSettings({ 'tls-min-version': 'TLS1.2' }, '3.4.23').problems).toEqual([
      { path: 'tls-min-version', message: 'is not in etcd 3.4.23: it came with 3.4.25 and 3.5.8' },
    ])
  })

  test('before 3.6 the feature gates were flags of their own', () => {
    expect(checkSettings({ 'feature-gates': { CompactHashCheck: true } }, '3.5.30').problems[0]?.next).toContain(
      "'experimental-compact-hash-check-enabled'",
    )
  })

  test('one value only, where the list came in a later release', () => {
    expect(checkSettings({ 'peer-cert-allowed-cn': ['a', 'b'] }, '3.5.14').problems).toMatchObject([
      { message: expect.stringContaining('several since 3.5.15') },
    ])
    expect(checkSettings({ 'peer-cert-allowed-cn': ['a'] }, '3.4.23').values).toEqual({ 'peer-cert-allowed-cn': 'a' })
  })

  test('3.6 exits when a setting comes under both its names', () => {
    const both = { 'corrupt-check-time': '1h', 'experimental-corrupt-check-time': '1h' }
    expect(checkSettings(both, '3.6.16').problems).toMatchObject([{ path: 'experimental-corrupt-check-time' }])
    const gate = { 'feature-gates': { InitialCorruptCheck: false }, 'experimental-initial-corrupt-check': true }
    expect(checkSettings(gate, '3.6.16').problems).toMatchObject([{ path: 'experimental-initial-corrupt-check' }])
    const other = { 'feature-gates': { LeaseCheckpoint: true }, 'experimental-initial-corrupt-check': true }
    expect(checkSettings(other, '3.6.16').problems).toEqual([])
  })

  test('an old name that 3.6 still takes warns of the new one', () => {
    const { warnings } = checkSettings(
      { 'experimental-corrupt-check-time': '1h', 'experimental-initial-corrupt-check': true },
      '3.6.16',
    )
    expect(warnings).toEqual([
      'experimental-corrupt-check-time is now corrupt-check-time',
      'experimental-initial-corrupt-check is now the feature gate InitialCorruptCheck',
    ])
    expect(checkSettings({ 'experimental-corrupt-check-time': '1h' }, '3.5.30').warnings).toEqual([])
  })
})

describe('settings that do not go together', () => {
  test.each([
    [{ 'election-timeout': 400 }, 'election-timeout'],
    [{ 'heartbeat-interval': 201 }, 'heartbeat-interval'],
    [{ 'heartbeat-interval': 500, 'election-timeout': '2s' }, 'election-timeout'],
    [{ 'tls-min-version': 'TLS1.3', 'cipher-suites': ['TLS_AES_128_GCM_SHA256'] }, 'cipher-suites'],
    [{ 'tls-min-version': 'TLS1.3', 'tls-max-version': 'TLS1.2' }, 'tls-max-version'],
    [{ 'auto-compaction-mode': 'revision', 'auto-compaction-retention': '1h' }, 'auto-compaction-retention'],
    [{ 'feature-gates': { LeaseCheckpointPersist: true } }, 'feature-gates'],
    [{ 'experimental-enable-lease-checkpoint-persist': true }, 'experimental-enable-lease-checkpoint-persist'],
    [{ logger: 'capnslog' }, 'logger'],
    [{ 'log-outputs': ['default', '/var/log/etcd.log'] }, 'log-outputs'],
    [{ 'log-outputs': ['systemd/journal', 'stderr'] }, 'log-outputs'],
    [{ 'enable-log-rotation': true }, 'enable-log-rotation'],
    [{ 'enable-log-rotation': true, 'log-outputs': ['/a', '/b'] }, 'enable-log-rotation'],
    [{ 'peer-cert-allowed-cn': 'a', 'peer-cert-allowed-hostname': 'b' }, 'peer-cert-allowed-hostname'],
  ])('%j', (settings, path) => {
    expect(checkSettings(settings, '3.6.16').problems.map((problem) => problem.path)).toEqual([path])
  })

  test.each([
    [{ 'heartbeat-interval': 200 }],
    [{ 'heartbeat-interval': 400, 'election-timeout': 2000 }],
    [{ 'tls-min-version': 'TLS1.2', 'cipher-suites': ['TLS_AES_128_GCM_SHA256'] }],
    [{ 'auto-compaction-mode': 'revision', 'auto-compaction-retention': 1000 }],
    [{ 'auto-compaction-mode': 'periodic', 'auto-compaction-retention': '30m' }],
    [{ 'feature-gates': { LeaseCheckpointPersist: true, LeaseCheckpoint: true } }],
    [{ 'experimental-enable-lease-checkpoint-persist': true, 'experimental-enable-lease-checkpoint': true }],
    [{ 'log-outputs': ['stderr', '/var/log/etcd.log'] }],
    [{ 'enable-log-rotation': true, 'log-outputs': ['/var/log/etcd.log'] }],
  ])('%j is fine', (settings) => {
    expect(checkSettings(settings, '3.6.16').problems).toEqual([])
  })

  test('3.4 logs to a file with zap, which etcd-deploy chooses there, and not with capnslog', () => {
    const outputs = { 'log-outputs': ['/var/log/etcd.log'] }
    expect(checkSettings({ ...outputs, logger: 'capnslog' }, '3.4.23').problems).toMatchObject([
      { path: 'log-outputs' },
    ])
    expect(checkSettings(outputs, '3.4.23').problems).toEqual([])
    expect(checkSettings({ 'log-outputs': 'stderr', logger: 'capnslog' }, '3.4.23').problems).toEqual([])
  })
})

describe('warnings', () => {
  test.each([
    [{ 'quota-backend-bytes': '9GiB' }, '3.6.16', /above 8 GiB/],
    [{ 'strict-reconfig-check': false }, '3.6.16', /lose quorum/],
    [{ 'enable-v2': true }, '3.5.30', /3.6 panics/],
    [{ 'max-snapshots': 3 }, '3.6.16', /deprecated/],
    [{ 'v2-deprecation': 'write-only' }, '3.6.16', /deprecated/],
  ])('%j in %s', (settings, version, warning) => {
    const checked = checkSettings(settings, version)
    expect(checked.problems).toEqual([])
    expect(checked.warnings).toMatchObject([expect.stringMatching(warning)])
  })

  test('the usual settings of a cluster give none', () => {
    const usual: Settings = { 'quota-backend-bytes': '8GiB', 'auto-compaction-retention': '1h', 'enable-v2': true }
    expect(checkSettings({ ...usual }, '3.4.23').warnings).toEqual([])
  })
})

test('the values come in one order, whatever order the inventory has', () => {
  const settings = { 'snapshot-count': 1, 'heartbeat-interval': 100, 'pre-vote': true }
  const reversed = Object.fromEntries(Object.entries(settings).toReversed())
  expect(JSON.stringify(checkSettings(settings, '3.6.16').values)).toBe(
    JSON.stringify(checkSettings(reversed, '3.6.16').values),
  )
})

test('whatever an inventory says, the answer is a value per setting or a problem, never an exception', () => {
  const name = fc.oneof(fc.constantFrom(...Object.keys(flags)), fc.string())
  const version = fc.constantFrom('3.3.25', '3.4.23', '3.5.16', '3.6.16', '3.7.3', '3.9.0')
  fc.assert(
    fc.property(fc.dictionary(name, fc.anything()), version, (settings, at) => {
      const { values, problems } = checkSettings(settings, at)
      for (const [key, value] of Object.entries(settings)) {
        const told = Object.hasOwn(values, key) || problems.some((problem) => problem.path === key)
        if (value !== undefined) expect(told, key).toBe(true)
      }
      for (const value of Object.values(values)) expect(value).toMatch(/^[^\n\r\0]+$/)
    }),
  )
})

test('the type offers what can be set, typed, and nothing else', () => {
  const settings: Settings = {
    'quota-backend-bytes': '8GiB',
    'heartbeat-interval': '100ms',
    'auto-compaction-retention': '1h30m',
    metrics: 'extensive',
    'log-outputs': ['stderr'],
    'feature-gates': { LeaseCheckpoint: true },
    'max-txn-ops': 512,
    // @ts-expect-error no duration
    'election-timeout': '1 second',
    // @ts-expect-error no boolean
    'pre-vote': 'on',
    // @ts-expect-error none of its values
    'log-level': 'verbose',
  }
  // @ts-expect-error set by etcd-deploy itself
  const owned: Settings = { 'data-dir': '/var/lib/etcd' }
  expect(checkSettings({ ...settings, ...owned }, '3.6.16').problems.map((problem) => problem.path)).toEqual([
    'data-dir',
    'election-timeout',
    'log-level',
    'pre-vote',
  ])
})
