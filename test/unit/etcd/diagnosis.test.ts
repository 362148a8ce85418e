import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/etcd/diagnosis.ts'

// As etcd 3.3 to 3.7, systemd and the guard in the unit write them.
describe('what the last lines of a journal tell', () => {
  test.each<[RegExp, string]>([
    [
      /port is taken/,
      '{"level":"fatal","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"listen tcp 10.0.0.1:2380: bind: address already in use"}',
    ],
    [/port is taken/, 'listen tcp 10.0.0.1:2379: bind: address already in use'],
    [/does not have the address/, 'listen tcp 10.0.0.9:2380: bind: cannot assign requested address'],
    [
      /certificate does not match/,
      '{"level":"warn","caller":"embed/config_logging.go:170","msg":"rejected connection on peer endpoint","error":"remote error: tls: bad certificate"}',
    ],
    [
      /certificate does not match/,
      'prober detected unhealthy status … x509: certificate is valid for 10.0.0.1, not 10.0.0.2',
    ],
    [/certificate does not match/, 'tls: private key does not match public key'],
    [
      /certificate does not match/,
      'rejected connection from "10.0.0.3:38124" (error "tls: failed to verify certificate: x509: certificate signed by unknown authority", ServerName "")',
    ],
    [
      /expired or is not valid yet/,
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time …',
    ],
    [
      /does not reach its peers/,
      '{"level":"warn","msg":"prober detected unhealthy status","error":"dial tcp 10.0.0.2:2380: connect: connection refused"}',
    ],
    [
      /does not reach its peers/,
      'health check for peer 91bc3c398fb3c146 could not connect: dial tcp 10.0.0.2:2380: i/o timeout',
    ],
    [
      /another cluster's/,
      '{"level":"fatal","msg":"discovery failed","error":"member 8e9e05c52164694d has already been bootstrapped"}',
    ],
    [/another cluster's/, 'request sent was ignored by remote peer due to cluster ID mismatch'],
    [/another cluster's/, 'error validating peerURLs …: member count is unequal'],
    [/clocks differ/, 'the clock difference against peer c3 is too high [9m0s > 1s]'],
    [/another architecture/, 'etcd.service: Failed to execute /opt/etcd/bin/etcd: Exec format error'],
    [/disk is full/, 'wal: write failed: write /var/lib/etcd/member/wal/0.tmp: no space left on device'],
    [/may not read or write/, 'cannot access data directory: open /var/lib/etcd/.touch: permission denied'],
    [
      /does not accept a setting/,
      'error verifying flags, --election-timeout[200ms] should be at least as 5 times as --heartbeat-interval[100ms]',
    ],
    [
      /its data is gone/,
      'etcd-deploy: refusing to start: this member was ready once, but its data is not in /var/lib/etcd; is a file system not mounted?',
    ],
  ])('%s', (reason, journal) => {
    const found = diagnose(`ordinary line\n${journal}\n`)
    expect(found?.reason).toMatch(reason)
    expect(found?.next).not.toBe('')
  })

  test('nothing, where they tell nothing', () => {
    expect(diagnose('{"level":"info","msg":"published local member to cluster through raft"}')).toBeUndefined()
  })
})
