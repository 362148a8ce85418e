import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { homedir, hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { applySshConfig } from '../../../src/host/ssh-config.ts'

const hasSsh = spawnSync('ssh', ['-V']).status === 0
const me = userInfo().username

const allOpen: SshTarget['defaulted'] = ['port', 'user', 'key', 'jump', 'knownHosts']
const machines = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

let folder: string
let config: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssh-config-'))
  config = join(folder, 'config')
  await writeFile(join(folder, 'id_work'), '')
  await writeFile(
    config,
    `
Host web
  HostName 192.0.2.7
  User ana
  Port 2200
  IdentityFile ${folder}/id_work
  IdentityFile ${folder}/id_missing
Host inner
  ProxyJump outer,ben@192.0.2.9:2022
Host outer
  HostName 192.0.2.8
  UserKnownHostsFile none
  IdentityAgent none
  User gate
  ProxyJump first
Host loop
  ProxyJump back
Host back
  ProxyJump loop
Host alone
  ProxyJump none
Match user deploy
  IdentitiesOnly yes
  IdentityAgent %d/agent
Match host relayed
  ProxyCommand nc -x proxy %h %p
  HostKeyAlias Relay
  UserKnownHostsFile ${folder}/known ~/more
  GlobalKnownHostsFile none
  IdentityFile ${folder}/in_agent
Host called
  HostName 192.0.2.10
  HostKeyAlias Known
  UserKnownHostsFile ${folder}/%%_%C_%d_%h_%k_%L_%l_%n_%p_%r_%u_%i ${folder}/\${SSH_CONFIG_TEST}
  IdentityFile ${folder}/\${SSH_CONFIG_TEST}_%n_%k_%h
  ProxyCommand nc %n %h %%n
Host forgets
  UserKnownHostsFile none
Host forgets-all
  UserKnownHostsFile none
  GlobalKnownHostsFile none
Host company
  GlobalKnownHostsFile ${folder}/company
Match host quiet
  IdentityAgent none
`,
  )
})

function target(more: Partial<SshTarget>): SshTarget {
  return {
    transport: 'ssh2',
    host: 'web',
    port: 22,
    user: me,
    key: ['/default/key'],
    agent: false,
    jump: [],
    knownHosts: [],
    config,
    sudo: {},
    defaulted: ['port', 'user', 'key', 'jump'],
    ...more,
  }
}

describe.skipIf(!hasSsh)('an OpenSSH configuration', () => {
  it('says where and who, and with which keys that exist', async () => {
    expect(await applySshConfig(target({}))).toMatchObject({
      host: '192.0.2.7',
      port: 2200,
      user: 'ana',
      key: [join(folder, 'id_work')],
      jump: [],
    })
  })

  it('says nothing against the inventory', async () => {
    const said = target({ port: 22, user: 'root', key: ['/mine'], defaulted: [] })
    expect(await applySshConfig(said)).toMatchObject({ host: '192.0.2.7', port: 22, user: 'root', key: ['/mine'] })
  })

  it('leads through jump hosts, the nearest of which may have its own', async () => {
    const { jump } = await applySshConfig(target({ host: 'inner', password: { from: 'env', name: 'X' } }))
    expect(jump).toMatchObject([
      { host: 'first', user: me, port: 22 },
      { host: '192.0.2.8', user: 'gate', port: 22 },
      { host: '192.0.2.9', user: 'ben', port: 2022 },
    ])
    for (const hop of jump) expect(hop.password).toBeUndefined()
  })

  it('says of a jump host that it names all that it says of others', async () => {
    const ours = { host: 'inner', knownHosts: ['/ours'], agent: '/agent' }
    const open = await applySshConfig(target({ ...ours, defaulted: [...allOpen, 'agent'] }))
    expect(open.jump[1]).toMatchObject({ knownHosts: ['/dev/null', ...machines], agent: false })
    const said = await applySshConfig(target({ ...ours, defaulted: ['jump'] }))
    expect(said.jump[1]).toMatchObject({ knownHosts: ['/ours'], agent: '/agent' })
  })

  it('keeps the jump hosts of the inventory, whose names it knows too', async () => {
    const { jump } = await applySshConfig(target({ jump: [target({ host: 'web' })], defaulted: [] }))
    expect(jump).toMatchObject([{ host: '192.0.2.7', user: 'ana' }])
  })

  it('comes to an end where jump hosts lead back to each other', async () => {
    const { jump } = await applySshConfig(target({ host: 'loop' }))
    expect(jump.map((hop) => hop.host)).toEqual(['loop', 'back'])
  })

  it('knows ProxyJump none', async () => {
    expect((await applySshConfig(target({ host: 'alone' }))).jump).toEqual([])
  })

  it('is asked for the user that the inventory names', async () => {
    const agent = { identitiesOnly: true, agent: join(homedir(), 'agent') }
    const open: SshTarget['defaulted'] = ['agent']
    expect(await applySshConfig(target({ host: 'x', user: 'deploy', defaulted: open }))).toMatchObject(agent)
    expect(await applySshConfig(target({ host: 'x', user: 'ana', defaulted: open }))).not.toHaveProperty(
      'identitiesOnly',
    )
    const said = await applySshConfig(target({ host: 'x', user: 'deploy', agent: '/mine', defaulted: [] }))
    expect(said.agent).toBe('/mine')
  })

  it('names a command that leads there, files of known hosts and the name in them', async () => {
    await writeFile(join(folder, 'in_agent.pub'), '')
    expect(await applySshConfig(target({ host: 'relayed', knownHosts: ['/ours'], defaulted: allOpen }))).toMatchObject({
      proxyCommand: 'nc -x proxy %h %p',
      hostKeyAlias: 'relay',
      knownHosts: [join(folder, 'known'), join(homedir(), 'more')],
      key: [join(folder, 'in_agent')],
    })
  })

  it('has tokens and variables in paths of files, and the name that a host is called by', async () => {
    vi.stubEnv('SSH_CONFIG_TEST', 'said')
    onTestFinished(() => void vi.unstubAllEnvs())
    await writeFile(join(folder, 'said_called_known_192.0.2.10'), '')
    const found = await applySshConfig(target({ host: 'called', defaulted: allOpen }))
    const { uid } = userInfo()
    const hash = createHash('sha1').update(`${hostname()}192.0.2.1022${me}`).digest('hex')
    const [short] = hostname().split('.')
    const file = `%_${hash}_${homedir()}_192.0.2.10_known_${short}_${hostname()}_called_22_${me}_${me}_${uid}`
    expect(found).toMatchObject({
      knownHosts: [`${folder}/${file}`, `${folder}/said`, ...machines],
      key: [`${folder}/said_called_known_192.0.2.10`],
      proxyCommand: 'nc called %h %%n',
    })
  })

  it('of an OpenSSH that prints them as they are', async () => {
    const programs = await mkdtemp(join(tmpdir(), 'old-ssh-'))
    const said = ['hostname 192.0.2.10', 'hostkeyalias known', 'userknownhostsfile ~/%n_%k_%h ${SSH_CONFIG_TEST}/%p']
    await writeFile(join(programs, 'ssh'), `#!/bin/sh\nprintf '%s\\n' ${said.map((line) => `'${line}'`).join(' ')}\n`)
    await chmod(join(programs, 'ssh'), 0o755)
    vi.stubEnv('PATH', `${programs}:${process.env['PATH']}`)
    vi.stubEnv('SSH_CONFIG_TEST', '/said')
    onTestFinished(() => void vi.unstubAllEnvs())
    const ours = { knownHosts: ['/ours', '/etc/ssh/ssh_known_hosts'], defaulted: allOpen }
    expect((await applySshConfig(target({ ...ours, host: 'called' }))).knownHosts).toEqual([
      `${homedir()}/called_known_192.0.2.10`,
      '/said/22',
      '/etc/ssh/ssh_known_hosts',
    ])
  })

  it.each([
    ['forgets', ['/dev/null', ...machines]],
    ['forgets-all', ['/dev/null']],
    ['company', ['/ours', 'company']],
    ['alone', ['/ours', '/etc/ssh/ssh_known_hosts']],
  ])('%s: writes to no file of the machine, and reads %j', async (host, expected) => {
    const ours = { knownHosts: ['/ours', '/etc/ssh/ssh_known_hosts'], defaulted: allOpen }
    const { knownHosts } = await applySshConfig(target({ ...ours, host }))
    expect(knownHosts).toEqual(expected.map((file) => (file.startsWith('/') ? file : join(folder, file))))
  })

  it('names no command where the inventory says how the host is reached', async () => {
    for (const jump of [[], [target({ host: 'outer' })]])
      expect(await applySshConfig(target({ host: 'relayed', jump, defaulted: ['key'] }))).not.toHaveProperty(
        'proxyCommand',
      )
  })

  it('that says nothing of them leaves agent and known hosts as they are', async () => {
    const open: SshTarget['defaulted'] = ['agent', 'knownHosts']
    const ours = { agent: 'SSH_AUTH_SOCK', knownHosts: ['/ours'], defaulted: open }
    expect(await applySshConfig(target({ ...ours, host: 'alone' }))).toMatchObject({
      agent: 'SSH_AUTH_SOCK',
      knownHosts: ['/ours'],
    })
    expect((await applySshConfig(target({ ...ours, host: 'quiet' }))).agent).toBe(false)
  })

  it('is asked nothing where there is none', async () => {
    expect(await applySshConfig(target({ config: false }))).toMatchObject({ host: 'web', port: 22, user: me })
  })

  it('is refused when ssh does not understand it, exit code 2', async () => {
    const broken = join(folder, 'broken')
    await writeFile(broken, 'NoSuchKeyword yes\n')
    await expect(applySshConfig(target({ config: broken }))).rejects.toMatchObject({
      exitCode: 2,
      answered: expect.stringContaining('nosuchkeyword'),
    })
  })
})
