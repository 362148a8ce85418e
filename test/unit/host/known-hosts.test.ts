import { describe, expect, it } from 'vitest'
import { fingerprint, knownHostName, matchesHost, parseKnownHosts } from '../../../src/host/known-hosts.ts'
import { ecdsa, ed25519, hashed, keyBytes, line, otherEd25519 } from './host-keys.ts'

describe('parseKnownHosts', () => {
  it('reads plain, marked and commented lines and says where each stands', () => {
    const text = [
      '# ours',
      '',
      `node1,10.0.0.1 ${ed25519.type} ${ed25519.base64} ana@laptop`,
      `@revoked * ${ecdsa.type} ${ecdsa.base64}`,
      `  @cert-authority\t*.example.com ${otherEd25519.type} ${otherEd25519.base64}`,
    ].join('\n')
    expect(parseKnownHosts(text, 'known_hosts')).toEqual([
      {
        where: 'known_hosts:3',
        marker: 'none',
        patterns: 'node1,10.0.0.1',
        type: ed25519.type,
        key: keyBytes(ed25519),
      },
      { where: 'known_hosts:4', marker: 'revoked', patterns: '*', type: ecdsa.type, key: keyBytes(ecdsa) },
      {
        where: 'known_hosts:5',
        marker: 'cert-authority',
        patterns: '*.example.com',
        type: otherEd25519.type,
        key: keyBytes(otherEd25519),
      },
    ])
  })

  it.each([
    'node1',
    'node1 ssh-ed25519',
    'node1 ssh-ed25519 !!!!',
    '@unknown node1 ssh-ed25519 AAAA',
    'node1 1024 35 1234',
  ])('passes over %j', (text) => expect(parseKnownHosts(text, 'f')).toEqual([]))
})

describe('matchesHost', () => {
  it.each([
    ['node1', 'node1', true],
    ['Node1', 'node1', true],
    ['node1', 'node10', false],
    ['node1,10.0.0.1', '10.0.0.1', true],
    ['*', 'anything', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['node?', 'node1', true],
    ['node?', 'node12', false],
    ['10.0.0.1', '10x0x0x1', false],
    ['*.example.com,!secret.example.com', 'node1.example.com', true],
    ['*.example.com,!secret.example.com', 'secret.example.com', false],
    ['!secret.example.com,*.example.com', 'secret.example.com', false],
    ['!secret.example.com', 'node1.example.com', false],
    ['[10.0.0.1]:2222', '[10.0.0.1]:2222', true],
    ['10.0.0.1', '[10.0.0.1]:2222', false],
    ['[10.0.0.1]:2222', '10.0.0.1', false],
    ['fd00:96::1', 'fd00:96::1', true],
    [hashed['node1.example.com'], 'node1.example.com', true],
    [hashed['node1.example.com'], 'node2.example.com', false],
    [hashed['[10.0.0.1]:2222'], '[10.0.0.1]:2222', true],
    [hashed['[10.0.0.1]:2222'], '10.0.0.1', false],
    ['|2|abc|def', 'node1', false],
  ])('%s for %s: %s', (patterns, name, expected) => {
    const [known] = parseKnownHosts(line(patterns, ed25519), 'f')
    expect(known && matchesHost(known, name)).toBe(expected)
  })
})

it.each([ed25519, otherEd25519, ecdsa])('shows $fingerprint as ssh-keygen does', (key) => {
  expect(fingerprint(keyBytes(key))).toBe(key.fingerprint)
})

it('looks a host up with its port unless that is 22', () => {
  expect(knownHostName('Node1', 22)).toBe('node1')
  expect(knownHostName('10.0.0.1', 2222)).toBe('[10.0.0.1]:2222')
})
