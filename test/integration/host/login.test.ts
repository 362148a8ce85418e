import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, connectAll } from '../../../src/host/connect.ts'
import type { ConnectOptions } from '../../../src/host/connect.ts'
import { ForwardingRefused } from '../../../src/host/forward.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { cutPort, healPorts, hostOutput, labHost, labUp, onHost, stateFiles } from '../../lab/lab.ts'
import { connectOptions, logIn, runOptions, target } from './lab-hosts.ts'

const folder = mkdtempSync(join(tmpdir(), 'login-'))

beforeAll(async () => {
  await labUp({ hosts: 7, bastion: true })
})

async function refusal(wanted: SshTarget, options: Partial<ConnectOptions> = {}): Promise<Error> {
  const connection = await connect(wanted, 'node', connectOptions(options))
  if (connection.kind === 'unreachable') return connection.error
  connection.host.close()
  throw new Error('was let in')
}

describe('root is reached', () => {
  it.each(['root', 'deploy', 'ops'] as const)('as %s, once per command', async (user) => {
    const host = await logIn(target('node1', user), onTestFinished)
    const { blocks } = await host.run([{ text: 'id -u; echo "$1"', args: ["it's"] }], runOptions())
    expect(blocks).toEqual([{ code: 0, stdout: `0\nit's\n` }])
    expect(host.cost.commands).toBe(1)
    expect(host.target).toBe(`${user}@${labHost('node1').address}:22`)
  })

  it.each(['root', 'deploy', 'ops'] as const)('as %s, through the installed ssh', async (user) => {
    const host = await logIn(target('node1', user, { transport: 'openssh' }), onTestFinished)
    expect((await host.run([{ text: 'id -u' }], runOptions())).blocks).toEqual([{ code: 0, stdout: '0\n' }])
    expect(host.cost.commands).toBe(1)
  })

  it('over IPv6', async () => {
    const host = await logIn(target('node1', 'root', { host: labHost('node1').address6 }), onTestFinished)
    expect((await host.run([{ text: 'hostname' }], runOptions())).blocks[0]?.stdout).toBe('node1\n')
  })

  it('whatever the login shell prints, reads or is', async () => {
    await hostOutput('node1', 'useradd -m -s /bin/dash -G sudo chatty; install -d -m 700 -o chatty /home/chatty/.ssh')
    onTestFinished(async () => void (await onHost('node1', 'userdel -rf chatty')))
    await hostOutput(
      'node1',
      'echo "chatty ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/chatty; cp /root/.ssh/authorized_keys /home/chatty/.ssh; chown -R chatty: /home/chatty',
    )
    const chatty = target('node1', 'deploy', { user: 'chatty' })
    for (const shell of ['/bin/dash', '/bin/bash']) {
      await hostOutput(
        'node1',
        `usermod -s ${shell} chatty; echo 'echo Welcome; printf no-newline; PATH=/nowhere; echo note >&2' >/home/chatty/.bashrc`,
      )
      const host = await logIn(chatty, onTestFinished)
      if (shell === '/bin/bash') {
        // That PATH has no sh: an error that says so, instead of a hang
        await expect(host.run([{ text: ':' }], runOptions())).rejects.toMatchObject({
          answered: expect.stringContaining('Welcome'),
        })
        await hostOutput('node1', `echo 'echo Welcome; printf no-newline; echo note >&2' >/home/chatty/.bashrc`)
      }
      expect((await host.run([{ text: 'echo ours' }], runOptions())).blocks).toEqual([{ code: 0, stdout: 'ours\n' }])
    }
  })
})

describe('sudo', () => {
  it('is not given a password that it does not ask for', async () => {
    // Left on stdin, the shell would run it
    const password = { from: 'env', name: 'touch /run/password-was-run' } as const
    const host = await logIn(target('node1', 'deploy', { sudo: { password } }), onTestFinished)
    const { blocks } = await host.run([{ text: 'id -u; ls /run/password-was-run || echo not run' }], runOptions())
    expect(blocks[0]?.stdout).toBe('0\nnot run\n')
  })

  it('is given a wrong password once', async () => {
    const before = Number(
      await hostOutput(
        'node1',
        'journalctl --no-pager -q | grep -c "sudo.*authentication failure\\|sudo.*incorrect password" || :',
      ),
    )
    const password = { from: 'env', name: 'wrong' } as const
    const host = await logIn(target('node1', 'ops', { sudo: { password } }), onTestFinished)
    await expect(host.run([{ text: ':' }], runOptions())).rejects.toMatchObject({
      message: 'sudo refused the password',
      tried: 'sudo as ops, once',
    })
    const after = Number(
      await hostOutput(
        'node1',
        'sleep 0.5; journalctl --no-pager -q | grep -c "sudo.*authentication failure\\|sudo.*incorrect password" || :',
      ),
    )
    expect(after - before).toBeLessThanOrEqual(2)
  })

  it('is given a wrong password on one of six hosts only', async () => {
    const nodes = ['node1', 'node2', 'node3', 'node4', 'node5', 'node6'] as const
    const failures =
      'journalctl --no-pager -q | grep -c "sudo.*incorrect password attempt\\|sudo.*authentication failure" || :'
    const counted = async (): Promise<number[]> =>
      Promise.all(nodes.map(async (name) => Number(await hostOutput(name, `sleep 0.5; ${failures}`))))
    const before = await counted()
    const sudo = { password: { from: 'env', name: 'wrong' } } as const
    const targets = new Map(nodes.map((name) => [name, target(name, 'ops', { sudo })]))
    const connections = await connectAll(targets, { ...connectOptions(), concurrency: 10 })
    const hosts = [...connections.values()].flatMap((one) => (one.kind === 'connected' ? [one.host] : []))
    const ran = await Promise.allSettled(hosts.map((host) => host.run([{ text: ':' }], runOptions())))
    for (const host of hosts) host.close()
    expect(ran.map(({ status }) => status)).toEqual(Array(nodes.length).fill('rejected'))
    const after = await counted()
    expect(nodes.filter((_, at) => after[at] !== before[at])).toHaveLength(1)
  })

  it.each([
    ['asks and no password is given', 'ops', {}, ':', 'sudo there asks for a password'],
    ['does not know the user', 'ops', target('node1', 'ops').sudo, 'gpasswd -d ops sudo', 'the user is not in sudoers'],
    [
      'wants a terminal',
      'deploy',
      {},
      'echo "Defaults:deploy requiretty" >/etc/sudoers.d/zz',
      'sudo there wants a terminal (requiretty)',
    ],
    ['is missing', 'deploy', {}, 'mv /usr/bin/sudo /usr/bin/sudo.away', 'sudo was not found on the host'],
  ] as const)('that %s is an error which says so', async (_, user, sudo, prepare, message) => {
    onTestFinished(async () => {
      await onHost('node1', 'gpasswd -a ops sudo; mv /usr/bin/sudo.away /usr/bin/sudo; rm -f /etc/sudoers.d/zz')
    })
    await hostOutput('node1', prepare)
    const host = await logIn(target('node1', user, { sudo }), onTestFinished)
    await expect(host.run([{ text: ':' }], runOptions())).rejects.toMatchObject({ message, host: 'node' })
  })
})

describe('behind a bastion', () => {
  const through = { jump: [target('bastion', 'deploy')] }

  it('all nodes share one connection to it, closed with the last of them', async () => {
    const sessions = async (): Promise<string> =>
      (await onHost('bastion', 'ps -eo args | grep -c "^sshd: deploy \\[priv\\]"')).stdout.trim()
    const before = await sessions()
    const targets = new Map((['node1', 'node2', 'node7'] as const).map((name) => [name, target(name, 'root', through)]))
    const connections = await connectAll(targets, { ...connectOptions(), concurrency: 10 })
    const hosts = [...connections.values()].flatMap((connection) =>
      connection.kind === 'connected' ? [connection.host] : [],
    )
    const names = await Promise.all(
      hosts.map(async (host) => (await host.run([{ text: 'hostname' }], runOptions())).blocks[0]?.stdout),
    )
    expect(names).toEqual(['node1\n', 'node2\n', 'node7\n'])
    expect(Number(await sessions()) - Number(before)).toBe(1)
    hosts[0]?.close()
    expect((await hosts[2]?.run([{ text: 'hostname' }], runOptions()))?.blocks[0]?.stdout).toBe('node7\n')
    for (const host of hosts) host.close()
    await expect.poll(sessions, { timeout: 5000 }).toBe(before)
  })

  it('an unreachable jump host is named', async () => {
    const jump = [target('bastion', 'root', { port: 2323 })]
    expect(await refusal(target('node7', 'root', { jump }))).toMatchObject({
      host: expect.stringContaining(`jump host ${labHost('bastion').address}`),
      answered: 'ECONNREFUSED',
    })
  })

  it('one that does not forward is named', async () => {
    const jump = [target('node6')]
    expect(await refusal(target('node1', 'root', { jump }))).toBeInstanceOf(ForwardingRefused)
  })
})

describe('dial', () => {
  const { signal } = new AbortController()

  it('connects from the host', async () => {
    const host = await logIn(target('node1'), onTestFinished)
    const socket = await host.dial('127.0.0.1', 22, signal)
    const [banner] = (await socket.take(1).toArray()) as Buffer[]
    expect(banner?.toString()).toMatch(/^SSH-2.0-/)
    await expect(host.dial('127.0.0.1', 4, signal)).rejects.not.toBeInstanceOf(ForwardingRefused)
  })

  it('rejects with ForwardingRefused where sshd forbids it', async () => {
    const host = await logIn(target('node6'), onTestFinished)
    await expect(host.dial('127.0.0.1', 22, signal)).rejects.toBeInstanceOf(ForwardingRefused)
  })
})

describe('not let in', () => {
  it.each([
    ['a name that DNS does not know', { host: 'nosuch.invalid' }, { message: expect.stringContaining('DNS') }],
    ['a port that nothing listens on', { port: 2323 }, { answered: 'ECONNREFUSED', host: 'node' }],
    ['a host that is not there', { host: '10.213.96.99' }, { message: expect.stringMatching(/no (route|answer)/) }],
    [
      'an unknown user',
      { user: 'nobody-here' },
      { tried: expect.stringContaining('key '), answered: expect.stringContaining('publickey') },
    ],
  ])('%s', async (_, more, facts) => {
    expect(await refusal(target('node1', 'root', more), { timeoutMs: 6000 })).toMatchObject({ exitCode: 1, ...facts })
  })

  it('a host that does not answer, after the time given', async () => {
    onTestFinished(() => healPorts('node3'))
    await cutPort('node3', 22, 'in')
    const startedMs = performance.now()
    expect(await refusal(target('node3'), { timeoutMs: 1000 })).toMatchObject({ message: 'no answer within 1 s' })
    expect(performance.now() - startedMs).toBeLessThan(3000)
  })

  it('with keys that are not authorized, encrypted, missing or of no use; all are named', async () => {
    const stranger = ssh2.utils.generateKeyPairSync('ed25519')
    const encrypted = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'sesame',
      cipher: 'aes256-ctr',
      rounds: 4,
    })
    writeFileSync(join(folder, 'stranger'), stranger.private)
    writeFileSync(join(folder, 'encrypted'), encrypted.private)
    writeFileSync(join(folder, 'fido'), 'sk-ssh-ed25519@openssh.com AAAA\n')
    const key = ['missing', 'encrypted', 'fido', 'stranger'].map((name) => join(folder, name))
    expect(await refusal(target('node1', 'root', { key, password: { from: 'env', name: 'wrong' } }))).toMatchObject({
      tried: expect.stringMatching(
        /missing: no such file.*encrypted, and no `passphrase`.*FIDO key.*stranger \(ssh-ed25519\).*password/s,
      ),
      next: expect.arrayContaining([expect.stringContaining('ssh.passphrase')]),
    })
  })

  it('in an aborted run', async () => {
    const signal = AbortSignal.abort()
    await expect(connect(target('node1'), 'node1', connectOptions({ signal }))).rejects.toThrow(/abort/)
  })
})

it('an encrypted key opens with its passphrase', async () => {
  const key = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 4 })
  const file = join(folder, 'opened')
  writeFileSync(file, key.private)
  await hostOutput('node2', `echo '${key.public}' >>/root/.ssh/authorized_keys`)
  onTestFinished(async () => void (await onHost('node2', `sed -i '$d' /root/.ssh/authorized_keys`)))
  const opened = target('node2', 'root', { key: [file], passphrase: { from: 'env', name: 'sesame' } })
  await logIn(opened, onTestFinished)
  expect(await refusal({ ...opened, passphrase: { from: 'env', name: 'wrong' } })).toMatchObject({
    tried: expect.stringContaining('the passphrase is wrong'),
  })
})

it.skipIf(spawnSync('ssh-agent', ['-k']).error !== undefined)('an agent’s key opens', async () => {
  const agent = join(folder, 'agent')
  const process = spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' })
  onTestFinished(() => void process.kill())
  await expect
    .poll(() => spawnSync('ssh-add', [stateFiles.key], { env: { SSH_AUTH_SOCK: agent, PATH: '/usr/bin' } }).status)
    .toBe(0)
  const host = await logIn(target('node1', 'root', { key: [], agent }), onTestFinished)
  expect(host.target).toContain('root@')
})

describe('host keys', () => {
  const knownHosts = join(folder, 'known_hosts')

  it('an unknown one is refused, exit code 3, unless somebody says yes; then it is known', async () => {
    const unknown = target('node1', 'root', { knownHosts: [knownHosts] })
    const shown = (await hostOutput('node1', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1]
    expect(await refusal(unknown)).toMatchObject({ exitCode: 3, message: expect.stringContaining(shown ?? '?') })
    const asked: string[][] = []
    await logIn(unknown, onTestFinished, { confirmHostKey: async (...what) => asked.push(what) > 0 })
    expect(asked).toEqual([[unknown.host, shown, 'ssh-ed25519']])
    await logIn(unknown, onTestFinished)
  })

  it('a changed one stops everything, naming file and line', async () => {
    const other = ssh2.utils.generateKeyPairSync('ed25519').public
    writeFileSync(join(folder, 'changed'), `# a comment\n${labHost('node1').address} ${other}\n`)
    const changed = target('node1', 'root', { knownHosts: [join(folder, 'changed'), stateFiles.knownHosts] })
    // Beside the right key in another file the wrong one does no harm, alone it stops
    await logIn(changed, onTestFinished)
    expect(
      await refusal({ ...changed, knownHosts: [join(folder, 'changed')] }, { confirmHostKey: async () => true }),
    ).toMatchObject({
      exitCode: 3,
      answered: expect.stringContaining(`${join(folder, 'changed')}:2`),
    })
    expect(readFileSync(join(folder, 'changed'), 'utf8')).toContain(other)
  })
})

it('many logins to one sshd at once all succeed, though it drops some (MaxStartups)', async () => {
  const targets = new Map(Array.from({ length: 30 }, (_, index) => [`n${index}`, target('node1')]))
  const connections = [
    ...(await connectAll(targets, { ...connectOptions({ timeoutMs: 20_000 }), concurrency: 30 })).values(),
  ]
  for (const connection of connections) if (connection.kind === 'connected') connection.host.close()
  expect(connections.filter((connection) => connection.kind === 'unreachable')).toEqual([])
})
