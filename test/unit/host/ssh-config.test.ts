import { spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { applySshConfig } from '../../../src/host/ssh-config.ts'

const hasSsh = spawnSync('ssh', ['-V']).status === 0
const me = userInfo().username

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
Match host quiet
  IdentityAgent none
`,
  )
})

function target(more: Partial<SshTarget>): SshTarget {
  return {
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
    const open: SshTarget['defaulted'] = ['port', 'user', 'key', 'jump', 'knownHosts']
    expect(await applySshConfig(target({ host: 'relayed', knownHosts: ['/ours'], defaulted: open }))).toMatchObject({
      proxyCommand: 'nc -x proxy %h %p',
      hostKeyAlias: 'relay',
      knownHosts: [join(folder, 'known'), join(homedir(), 'more')],
      key: [join(folder, 'in_agent')],
    })
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
