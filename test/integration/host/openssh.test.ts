import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync, appendFileSync, readFileSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect as netConnect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectOptions } from '../../../src/host/connect.ts'
import { connect, connectAll } from '../../../src/host/connect.ts'
import type { Host, RunOptions } from '../../../src/host/host.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { hasSshd, loopbackSshd as realSshd, strangersKey } from './loopback-sshd.ts'
import { hasTurn } from '../support/turn.ts'

const inTurn = hasTurn('OpenSSH')
function options(more: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    signal: new AbortController().signal,
    timeoutMs: 15_000,
    revealSecret: async (source) => new Secret(source.from === 'env' ? source.name : ''),
    ...more,
  }
}

async function logIn(target: SshTarget, more: Partial<ConnectOptions> = {}): Promise<Host> {
  const connection = await connect(target, 'node1', options(more))
  if (connection.kind === 'unreachable') throw connection.error
  onTestFinished(() => connection.host.close())
  return connection.host
}

function run(host: Host, text: string, more: Partial<RunOptions> = {}) {
  const signal = new AbortController().signal
  return host.run([{ text }], { what: 'test', signal, timeoutMs: 20_000, ...more })
}

/** An agent of this test's own that holds these key files. */
async function agent(files: readonly string[]): Promise<string> {
  const socket = join(mkdtempSync(join(tmpdir(), 'agent-')), 'socket')
  const process = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  onTestFinished(() => void process.kill())
  const add = () => spawnSync('ssh-add', ['-q', ...files], { env: { SSH_AUTH_SOCK: socket, PATH: '/usr/bin:/bin' } })
  await expect.poll(() => add().status, { timeout: 5000 }).toBe(0)
  return socket
}

describe.runIf(hasSshd && inTurn).each(['ssh2', 'openssh'] as const)('a real sshd, by %s', (transport) => {
  const byLibrary = transport === 'ssh2'
  async function loopbackSshd(...lines: string[]) {
    const { target, ...sshd } = await realSshd(...lines)
    return { ...sshd, target: { ...target, transport } }
  }

  it('lets in with a key, and runs a script', async () => {
    const { target } = await loopbackSshd()
    expect((await run(await logIn(target), 'echo "$((6 * 7))"')).blocks).toEqual([{ code: 0, stdout: '42\n' }])
  })

  describe('with an agent', () => {
    it('that holds ten keys is shown the named one first', async () => {
      const { target, folder } = await loopbackSshd('MaxAuthTries 2')
      const strangers = Array.from({ length: 9 }, (_, index) => strangersKey(folder, `stranger${index}`))
      const socket = await agent([...strangers, join(folder, 'key')])
      await logIn({ ...target, key: [join(folder, 'key.pub')], agent: socket })
    })

    it.runIf(byLibrary)(
      'is shown so many keys only that sshd does not hang up; the error counts the others',
      async () => {
        const { target, folder, log } = await loopbackSshd()
        const strangers = Array.from({ length: 9 }, (_, index) => strangersKey(folder, `stranger${index}`))
        const connection = await connect({ ...target, key: [], agent: await agent(strangers) }, 'node1', options())
        expect(connection).toMatchObject({
          error: { tried: expect.stringMatching(/4 more keys not shown.*ssh\.key; key "\S*stranger0" of the agent/) },
        })
        await expect.poll(log).toMatch(/(Connection (closed|reset) by|Disconnected from) authenticating user/)
        expect(log()).not.toContain('Too many authentication failures')
      },
    )

    it('shows only the named keys where IdentitiesOnly is said', async () => {
      const { target, folder } = await loopbackSshd()
      const socket = await agent([strangersKey(folder, 'stranger'), join(folder, 'key')])
      const named = { ...target, key: [join(folder, 'stranger')], agent: socket, identitiesOnly: true as const }
      expect(await connect(named, 'node1', options())).toMatchObject({
        error: byLibrary
          ? { tried: expect.stringContaining('1 key not shown, as IdentitiesOnly says') }
          : { answered: expect.stringContaining('Permission denied (publickey') },
      })
      await logIn({ ...named, key: [join(folder, 'key')] })
    })

    it('needs no passphrase of a key that the agent holds', async () => {
      const { target, folder } = await loopbackSshd()
      const key = join(folder, 'key')
      const socket = await agent([key])
      spawnSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'sesame', '-f', key])
      const revealSecret = () => Promise.reject(new Error('nothing is to be asked'))
      const passphrase = byLibrary ? { passphrase: { from: 'env', name: 'sesame' } as const } : {}
      await logIn({ ...target, agent: socket, ...passphrase }, { revealSecret })
      // Without the agent the passphrase opens it
      if (byLibrary) return void (await logIn({ ...target, ...passphrase }))
      const asked: string[] = []
      const askPerson = async (question: string) => new Secret(asked.push(question) > 0 ? 'sesame' : '')
      await logIn(target, { askPerson })
      expect(asked).toEqual([`node1: Enter passphrase for key '${key}'`])
    })

    it('that does not answer does no harm (and is told), as the key file opens', async () => {
      const { target } = await loopbackSshd()
      await logIn({ ...target, agent: '/nowhere/agent' })
      if (!byLibrary) return
      expect(await connect({ ...target, key: [], agent: '/nowhere/agent' }, 'node1', options())).toMatchObject({
        error: { tried: expect.stringContaining('agent /nowhere/agent: connect ENOENT') },
      })
    })

    it('and two factors that are both keys', async () => {
      const { target, folder, authorized } = await loopbackSshd('AuthenticationMethods publickey,publickey')
      const second = strangersKey(folder, 'second')
      appendFileSync(authorized, readFileSync(`${second}.pub`))
      await logIn({ ...target, key: [], agent: await agent([join(folder, 'key'), second]) })
      await logIn({ ...target, key: [join(folder, 'key'), second] })
    })
  })

  it('of several keys the first that is authorized opens, of whatever type', async () => {
    const { target, folder, authorized } = await loopbackSshd()
    const types = ['rsa', 'ecdsa', 'ed25519']
    for (const type of types) {
      const file = join(folder, `id_${type}`)
      spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file])
      writeFileSync(authorized, readFileSync(`${file}.pub`))
      await logIn({
        ...target,
        key: types.map((name) => join(folder, `id_${name}`)).filter((_, at) => at <= types.indexOf(type)),
      })
    }
  })

  describe('through a ProxyCommand', () => {
    const relay = `${process.execPath} -e 'const s = net.connect(process.argv[2], process.argv[1]); process.stdin.pipe(s).pipe(process.stdout)'`

    it('of the OpenSSH configuration, with Include and Match', async () => {
      const { target, folder } = await loopbackSshd()
      writeFileSync(join(folder, 'included'), `Match user ${target.user}\n  ProxyCommand ${relay} 127.0.0.1 %p\n`)
      writeFileSync(
        join(folder, 'config_'),
        `Include ${folder}/included\nHost behind\n  HostName unreachable.invalid\n  HostKeyAlias [127.0.0.1]:${target.port}\n`,
      )
      const behind = { ...target, host: 'behind', config: join(folder, 'config_'), defaulted: ['jump' as const] }
      expect((await run(await logIn(behind), 'echo in')).blocks[0]?.stdout).toBe('in\n')
      // Only that user is led through it
      expect(await connect({ ...behind, user: 'nobody-else' }, 'node1', options())).toMatchObject({
        error: { message: 'the name is not known to DNS' },
      })
    })

    it('that cannot be run is told at once, with what it says', async () => {
      const { target } = await loopbackSshd()
      const broken = { ...target, proxyCommand: 'nosuchprogram %h %p' }
      expect(await connect(broken, 'node1', options())).toMatchObject({
        error: byLibrary
          ? { tried: `nosuchprogram 127.0.0.1 ${target.port}`, answered: expect.stringContaining('exit code 127') }
          : { answered: expect.stringMatching(/nosuchprogram: (command )?not found/) },
      })
    })

    it('runs nothing that a host name says', async () => {
      const { target, folder } = await loopbackSshd()
      const made = join(folder, 'made')
      for (const host of [`$(touch ${made})`, `\`touch ${made}\``, `a;touch ${made}`, '-oProxyCommand=x', "a'b"])
        expect(await connect({ ...target, host, proxyCommand: 'echo %h' }, 'node1', options())).toMatchObject({
          error: { exitCode: 2 },
        })
      expect(spawnSync('test', ['-e', made]).status).toBe(1)
    })

    it('ends with the connection', async () => {
      const { target, folder } = await loopbackSshd()
      const pid = join(folder, 'pid')
      const command = join(folder, 'relay')
      writeFileSync(command, `#!/bin/sh\necho $$ >${pid}\nexec ${relay} "$@"\n`)
      chmodSync(command, 0o755)
      const host = await logIn({ ...target, proxyCommand: `${command} %h %p` })
      const number = Number(readFileSync(pid, 'utf8'))
      expect(() => process.kill(number, 0)).not.toThrow()
      host.close()
      await expect.poll(() => spawnSync('kill', ['-0', String(number)]).status, { timeout: 5000 }).not.toBe(0)
    })
  })

  describe('and its host keys', () => {
    it.each(['rsa', 'ecdsa', 'ed25519'])('of several types, of which %s alone is known', async (type) => {
      const { target, folder } = await sshdOfAllTypes()
      const known = join(folder, `known_${type}`)
      writeFileSync(known, `[127.0.0.1]:${target.port} ${readFileSync(join(folder, `host_${type}.pub`), 'utf8')}`)
      await logIn({ ...target, knownHosts: [known] })
      // Hashed, as many systems keep it
      spawnSync('ssh-keygen', ['-q', '-H', '-f', known])
      expect(readFileSync(known, 'utf8')).toMatch(/^\|1\|/)
      await logIn({ ...target, knownHosts: [known] })
    })

    it('that are revoked, changed, unknown, or vouched for by an authority: no way in, and what to do', async () => {
      const { target, folder } = await sshdOfAllTypes()
      const at = `[127.0.0.1]:${target.port}`
      const key = readFileSync(join(folder, 'host_ed25519.pub'), 'utf8')
      const other = readFileSync(`${strangersKey(folder, 'other')}.pub`, 'utf8')
      const known = join(folder, 'known')
      for (const [text, message, next] of [
        [`@revoked * ${key}`, /revoked/, /ask the person/],
        [`${at} ${other}`, /CHANGED/, /ssh-keygen -R/],
        ...(byLibrary
          ? ([[`@cert-authority * ${other}`, /certificate authority/, /transport: 'openssh'/]] as const)
          : []),
        ['', /not known/, /--accept-new-host-keys/],
      ] as const) {
        writeFileSync(known, text)
        expect(await connect({ ...target, knownHosts: [known] }, 'node1', options())).toMatchObject({
          error: {
            exitCode: 3,
            message: expect.stringMatching(message),
            next: expect.arrayContaining([expect.stringMatching(next)]),
          },
        })
      }
    })

    async function sshdOfAllTypes() {
      const keys = mkdtempSync(join(tmpdir(), 'host-keys-'))
      const types = ['rsa', 'ecdsa', 'ed25519']
      for (const type of types) spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(keys, `host_${type}`)])
      const sshd = await loopbackSshd(...types.map((type) => `HostKey ${join(keys, `host_${type}`)}`))
      return { ...sshd, folder: keys }
    }
  })

  it.runIf(byLibrary)('that takes user certificates only: it says so, and that the plain key would do', async () => {
    const { target, folder, authorized } = await loopbackSshd()
    writeFileSync(authorized, `cert-authority ${readFileSync(join(folder, 'host.pub'), 'utf8')}`)
    spawnSync('ssh-keygen', ['-q', '-s', join(folder, 'host'), '-I', 'ana', '-n', target.user, join(folder, 'key.pub')])
    expect(await connect(target, 'node1', options())).toMatchObject({
      error: {
        next: expect.arrayContaining([expect.stringMatching(/key-cert.pub was not used.*transport: 'openssh'/)]),
      },
    })
  })

  describe('whose host is chatty', () => {
    it.each(['fish', 'tcsh', 'csh', 'bash', 'dash'].filter((name) => spawnSync(name, ['-c', 'true']).status === 0))(
      'with %s as its login shell, a PATH without sbin, and a profile that talks',
      async (shell) => {
        const profile = 'echo Welcome; printf no-newline; echo note >&2'
        const talk = shell === 'fish' || shell.endsWith('csh') ? 'echo Welcome' : profile
        const { target } = await loopbackSshd(
          `ForceCommand ${shell} -c "${talk}; $SSH_ORIGINAL_COMMAND"`,
          'SetEnv PATH=/usr/bin:/bin',
        )
        const host = await logIn(target)
        const { blocks } = await run(host, 'case $PATH in */usr/sbin:*) echo sbin ;; esac')
        expect(blocks).toEqual([{ code: 0, stdout: 'sbin\n' }])
      },
    )

    it('a long banner does no harm, one that ssh2 cannot take is an error that names it', async () => {
      const banner = join(mkdtempSync(join(tmpdir(), 'banner-')), 'banner')
      const { target } = await loopbackSshd(`Banner ${banner}`)
      writeFileSync(banner, 'Authorized use only.\n'.repeat(1000))
      await logIn(target)
      writeFileSync(banner, 'x'.repeat(100_000))
      if (byLibrary)
        expect(await connect(target, 'node1', options())).toMatchObject({
          error: { next: [expect.stringContaining('Banner')] },
        })
      else await logIn(target)
      // With this one sshd ends every login, OpenSSH's too
      writeFileSync(banner, 'x'.repeat(2 ** 20))
      expect(await connect(target, 'node1', options({ timeoutMs: 60_000 }))).toMatchObject({
        error: { message: expect.stringContaining('broke before the login was done') },
      })
    })

    it('a megabyte before our script begins is passed over', async () => {
      const { target } = await loopbackSshd(
        `ForceCommand head -c 1048576 /dev/zero | tr "\\0" x; eval "$SSH_ORIGINAL_COMMAND"`,
      )
      expect((await run(await logIn(target), 'echo ours')).blocks).toEqual([{ code: 0, stdout: 'ours\n' }])
    })
  })

  it('that allows two sessions is enough for a lock and for one command after the other', async () => {
    const { target, folder } = await loopbackSshd('MaxSessions 2')
    const host = await logIn(target)
    const fence = { dir: join(folder, 'lock'), token: 'ana', holder: 'ana' }
    const signal = new AbortController().signal
    const lock = await host.lock(fence, [{ text: 'echo locked' }], { what: 'lock', signal, timeoutMs: 20_000 })
    expect(lock.kind).toBe('locked')
    for (let count = 0; count < 10; count++)
      expect((await run(host, `echo ${count}`, { fence })).blocks[0]?.stdout).toBe(`${count}\n`)
    // Two at once take turns
    const both = await Promise.all(['one', 'two'].map((word) => run(host, `sleep 0.3; echo ${word}`, { fence })))
    expect(both.map(({ blocks }) => blocks[0]?.stdout)).toEqual(['one\n', 'two\n'])
    if (lock.kind === 'locked') await lock.release()
  })

  it('that allows one session only is told what is needed', async () => {
    const { target, folder } = await loopbackSshd('MaxSessions 1')
    const host = await logIn(target)
    const fence = { dir: join(folder, 'lock'), token: 'ana', holder: 'ana' }
    const signal = new AbortController().signal
    await host.lock(fence, [], { what: 'lock', signal, timeoutMs: 20_000 })
    await expect(run(host, ':', { fence })).rejects.toMatchObject({ next: [expect.stringContaining('MaxSessions')] })
  })

  it('that drops new connections at random while many come (MaxStartups) lets all in', async () => {
    const { target } = await loopbackSshd('MaxStartups 3:50:6')
    const targets = new Map(Array.from({ length: 12 }, (_, index) => [`node${index}`, target]))
    const connections = [...(await connectAll(targets, { ...options(), concurrency: 12 })).values()]
    for (const connection of connections) if (connection.kind === 'connected') connection.host.close()
    expect(connections.filter(({ kind }) => kind === 'unreachable')).toEqual([])
  })

  it('that ends idle connections keeps ours', async () => {
    const { target } = await loopbackSshd('ClientAliveInterval 1', 'ClientAliveCountMax 1')
    const host = await logIn(target)
    await sleep(4000)
    expect((await run(host, 'echo still here')).blocks[0]?.stdout).toBe('still here\n')
  })

  it('behind a firewall that forgets idle connections gives it a sign of life', async () => {
    const { target } = await loopbackSshd()
    let lastMs = 0
    const relay = createServer((client) => {
      const server = netConnect(target.port, '127.0.0.1')
      client
        .on('data', () => (lastMs = performance.now()))
        .pipe(server)
        .pipe(client)
      for (const socket of [client, server]) socket.on('error', () => {})
    }).listen(0, '127.0.0.1')
    await once(relay, 'listening')
    onTestFinished(() => void relay.close())
    const { port } = relay.address() as AddressInfo
    await logIn({ ...target, port, hostKeyAlias: `[127.0.0.1]:${target.port}` })
    const idleMs = performance.now()
    await expect.poll(() => lastMs - idleMs, { timeout: 20_000 }).toBeGreaterThan(5000)
  })

  it('behind a jump host is reached through it; one that forwards nothing is named', async () => {
    const [jump, { target }] = await Promise.all([loopbackSshd(), loopbackSshd()])
    expect((await run(await logIn({ ...target, jump: [jump.target] }), 'echo in')).blocks[0]?.stdout).toBe('in\n')
    const closed = await loopbackSshd('AllowTcpForwarding no')
    expect(await connect({ ...target, jump: [closed.target] }, 'node1', options())).toMatchObject({
      error: {
        message: expect.stringContaining('does not forward'),
        next: [expect.stringContaining('AllowTcpForwarding')],
      },
    })
  })

  it('behind a chain of jump hosts is reached', async () => {
    const [first, second, { target }] = await Promise.all([loopbackSshd(), loopbackSshd(), loopbackSshd()])
    const host = await logIn({ ...target, jump: [first.target, second.target] })
    expect((await run(host, 'echo in')).blocks[0]?.stdout).toBe('in\n')
    expect(first.log()).toContain('Accepted publickey')
    expect(second.log()).toContain('Accepted publickey')
  })
})
