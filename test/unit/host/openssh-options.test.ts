import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configuration, loginOptions, masterOptions } from '../../../src/host/openssh-options.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { sshTarget } from './target.ts'

const hasSsh = spawnSync('ssh', ['-V']).error === undefined
const folder = mkdtempSync(join(tmpdir(), 'options-'))

/** What ssh itself understands of all this; `own`: the user's configuration. */
function understood(
  more: Partial<SshTarget>,
  own = '',
  person: 'present' | 'absent' = 'absent',
  proxyCommand?: string,
) {
  writeFileSync(join(folder, 'own'), own)
  const target = sshTarget({
    config: join(folder, 'own'),
    defaulted: ['user', 'port', 'key', 'agent', 'jump', 'knownHosts'],
    ...more,
  })
  writeFileSync(join(folder, 'config'), configuration(target, person))
  const lines = [...masterOptions('/run/x/m'), ...loginOptions(target, proxyCommand)]
  const words = ['-G', '-T', '-F', join(folder, 'config'), ...lines.flatMap((line) => ['-o', line]), '--', 'web']
  const { stdout, stderr } = spawnSync('ssh', words, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return (keyword: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(`${keyword} `) ? [line.slice(keyword.length + 1)] : []))
}

const own = `
Host web
  User deploy
  Port 2200
  IdentityFile /own/key
  CertificateFile /own/key-cert.pub
  IdentityAgent /own/agent
  ProxyJump gate
  UserKnownHostsFile /own/known
Host *
  StrictHostKeyChecking no
  BatchMode yes
  ControlPath /own/%h
  ControlPersist 10m
  LocalForward 8080 localhost:80
  RemoteCommand top
  GSSAPIAuthentication yes
`

describe.skipIf(!hasSsh)('ssh is told', () => {
  it('nothing of what the inventory does not say: its own configuration has it', () => {
    const said = understood({}, own)
    expect(
      Object.fromEntries(
        [
          'user',
          'port',
          'identityfile',
          'certificatefile',
          'identityagent',
          'proxyjump',
          'userknownhostsfile',
          'gssapiauthentication',
        ].map((key) => [key, said(key)]),
      ),
    ).toEqual({
      user: ['deploy'],
      port: ['2200'],
      identityfile: ['/own/key'],
      certificatefile: ['/own/key-cert.pub'],
      identityagent: ['/own/agent'],
      proxyjump: ['gate'],
      userknownhostsfile: ['/own/known'],
      gssapiauthentication: ['yes'],
    })
  })

  it('what the inventory says, which wins', () => {
    const said = understood(
      { user: 'ana', port: 22, key: ['/k y/%h'], agent: false, knownHosts: ['/known one', '~/two'], defaulted: [] },
      own,
    )
    expect([said('user'), said('port'), said('identityagent')]).toEqual([['ana'], ['22'], ['none']])
    expect(said('identityfile')[0]).toBe('/k y/%%h')
    expect(said('identitiesonly')).toEqual(['yes'])
    expect(said('userknownhostsfile')).toEqual([`/known one ${homedir()}/two`])
    expect(said('globalknownhostsfile')).toEqual(['none'])
    expect(said('proxyjump')).toEqual([])
  })

  it('how we connect, whatever its configuration says', () => {
    const said = understood({}, own)
    expect(said('stricthostkeychecking')).toEqual(['ask'])
    expect(said('controlpath')).toEqual(['/run/x/m'])
    expect(said('controlpersist')).toEqual(['no'])
    expect(said('localforward')).toEqual([])
    expect(said('batchmode')).toEqual(['no'])
    expect(said('remotecommand')).toEqual([])
  })

  it('to try no password where nobody could give it: an empty one counts as a try', () => {
    const ways = ['passwordauthentication', 'kbdinteractiveauthentication']
    const absent = understood({})
    expect(ways.flatMap((way) => absent(way))).toEqual(['no', 'no'])
    const present = understood({}, '', 'present')
    expect(ways.flatMap((way) => present(way))).toEqual(['yes', 'yes'])
  })

  it('nothing of anybody’s configuration where the inventory says false', () => {
    const said = understood({ config: false }, own)
    expect([said('user'), said('port'), said('gssapiauthentication')]).not.toContain(['deploy'])
    expect(said('port')).toEqual(['22'])
  })

  it('the way through a jump host of ours instead of its configuration’s', () => {
    const said = understood({ jump: [sshTarget()], defaulted: [] }, own, 'absent', `'ssh' '-F' '/a b' -W '[%h]:%p'`)
    expect(said('proxycommand')).toEqual([`'ssh' '-F' '/a b' -W '[%h]:%p'`])
    expect(said('proxyjump')).toEqual([])
  })
})
