import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applySshConfig } from '../../../src/host/ssh-config.ts'
import { DeployError } from '../../../src/errors.ts'
import { knownHostName, matchesHost, parseKnownHosts } from '../../../src/host/known-hosts.ts'
import { ed25519, hashed, line } from './host-keys.ts'
import { sshTarget } from './target.ts'

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
const piece = fc.constantFrom(
  '@revoked',
  '@cert-authority',
  '@',
  '#',
  '*',
  '!',
  '|1|',
  '|1|a|b',
  hashed['node1.example.com'],
  'node1',
  '[10.0.0.1]:2222',
  ed25519.type,
  ed25519.base64,
  ed25519.base64.slice(0, 20),
  'AAAA',
  '////',
  ' ',
  '\t',
  ',',
  '\n',
  '\r\n',
  '\0',
)

it('a known_hosts file may hold anything', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: piece }, fc.string())), fc.string(), (pieces, host) => {
      const text = pieces.join('')
      for (const known of parseKnownHosts(text, 'f')) {
        // What is taken for a key is one, and stands where it is said
        expect(known.key.length).toBeGreaterThan(4)
        expect(text.split('\n')[Number(known.where.slice(2)) - 1]).toContain(known.patterns)
        matchesHost(known, knownHostName(host, 22))
      }
    }),
    { numRuns: 500 },
  )
})

it('patterns match as OpenSSH’s own do', () => {
  const word = fc.array(fc.constantFrom('a', 'b', '.', '*', '?', '**'), { minLength: 1, maxLength: 6 })
  const pattern = fc.tuple(fc.boolean(), word).map(([no, letters]) => `${no ? '!' : ''}${letters.join('')}`)
  const name = fc
    .array(fc.constantFrom('a', 'b', '.'), { minLength: 1, maxLength: 6 })
    .map((letters) => letters.join(''))
  const file = join(folder, 'known_hosts')
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), name, (patterns, host) => {
      const text = line(patterns.join(','), ed25519)
      writeFileSync(file, text)
      const theirs = spawnSync('ssh-keygen', ['-F', host, '-f', file])
      fc.pre(theirs.error === undefined)
      const [ours] = parseKnownHosts(text, file)
      expect(ours && matchesHost(ours, knownHostName(host, 22))).toBe(theirs.status === 0)
    }),
    { numRuns: 150 },
  )
})

it('a pattern of many stars is no way to keep us busy', () => {
  const [known] = parseKnownHosts(line(`${'*a'.repeat(200)}*b`, ed25519), 'f')
  const begun = performance.now()
  expect(known && matchesHost(known, 'a'.repeat(2000))).toBe(false)
  expect(performance.now() - begun).toBeLessThan(2000)
})

it.skipIf(spawnSync('ssh', ['-V']).status !== 0)(
  'an OpenSSH configuration may hold anything, and a host any name: an answer, or an error for a person',
  async () => {
    const file = join(folder, 'config')
    const keyword = fc.constantFrom(
      'Host',
      'HostName',
      'Port',
      'User',
      'ProxyJump',
      'ProxyCommand',
      'IdentityFile',
      'IdentityAgent',
      'UserKnownHostsFile',
      'HostKeyAlias',
      'Match',
      'Include',
    )
    // No Match exec: what it runs is the file's owner's own wish
    const value = fc.oneof(
      fc.constantFrom(
        '*',
        'node1',
        '22',
        '99999',
        '-l',
        '%h',
        '%',
        '$HOME',
        '"',
        'all',
        'none',
        '[::1]:22',
        'a@b:c,d',
        '@@',
        ':',
        'host node1',
      ),
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/exec|include/gi, '')),
    )
    const text = fc
      .array(fc.tuple(keyword, value), { maxLength: 6 })
      .map((lines) => lines.map((words) => words.join(' ')).join('\n'))
    const host = fc.oneof(
      fc.constantFrom('node1', '-oProxyCommand=touch', '$(id)', '::1'),
      fc.string({ minLength: 1, maxLength: 12 }),
    )
    await fc.assert(
      fc.asyncProperty(text, host, async (config, name) => {
        writeFileSync(file, config)
        const target = sshTarget({
          host: name,
          config: file,
          defaulted: ['port', 'user', 'key', 'agent', 'jump', 'knownHosts'],
        })
        const outcome = await applySshConfig(target).catch((error: unknown) => error)
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(DeployError)
          expect(outcome).toMatchObject({ exitCode: 2 })
        } else expect(Number.isInteger((outcome as { port: number }).port)).toBe(true)
      }),
      { numRuns: 100 },
    )
  },
)
