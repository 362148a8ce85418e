import { describe, expect, test } from 'vitest'
import { canonicalIp, ipOf, sansOf } from '../../../src/pki/sans.ts'

describe('sansOf', () => {
  test('sorts names from addresses, canonical, each once', () => {
    expect(
      sansOf(['Node1', 'node1.', '10.0.0.1', 'etcd.example.com', '2001:DB8:0::1', '2001:db8::1', '10.0.0.1']),
    ).toEqual({
      dnsNames: ['node1', 'etcd.example.com'],
      ipAddresses: ['10.0.0.1', '2001:db8::1'],
    })
  })

  test.each([
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.Etcd.local', '*.etcd.local'],
    ['host_1', 'host_1'],
    ['1234', '1234'],
  ])('the name %s is held as %s', (name, held) => {
    expect(sansOf([name]).dnsNames).toEqual([held])
  })

  test.each(['', 'a b', '-a', '10.0.0.0/8', 'https://node1', 'a..b', `${'a'.repeat(64)}.example`])(
    'refuses "%s"',
    (name) => {
      expect(() => sansOf([name])).toThrow(/neither a DNS name nor an IP address/)
    },
  )
})

describe('canonicalIp', () => {
  test.each([
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0DB8::00A0', '2001:db8::a0'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['node1', undefined],
    ['10.0.0.300', undefined],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical)
  })
})

test('ipOf reads the bytes of a certificate', () => {
  expect(ipOf(Uint8Array.of(10, 0, 0, 1))).toBe('10.0.0.1')
  expect(ipOf(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe('2001:db8::1')
})
