import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { attempts } from '../../../src/host/attempts.ts'
import type { ConnectOptions } from '../../../src/host/connect.ts'
import { connect, connectAll } from '../../../src/host/connect.ts'
import type { Outcome, Turn } from '../../../src/host/first-tries.ts'
import { ForwardingRefused } from '../../../src/host/forward.ts'
import type { Connection, Host } from '../../../src/host/host.ts'
import { openSshTransport } from '../../../src/host/openssh-transport.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { hasTurn } from '../support/turn.ts'
import { hasSshd, loopbackSshd as realSshd, strangersKey } from './loopback-sshd.ts'

const never = new AbortController().signal

/** The private folders of masters, which lie in a folder of the test's own. */
let folders: () => string[] = () => []
beforeEach(() => {
  const own = mkdtempSync(join(tmpdir(), 'm-'))
  vi.stubEnv('TMPDIR', own)
  folders = () => readdirSync(own).filter((name) => name.startsWith('etcd-deploy-'))
  return () => void vi.unstubAllEnvs()
})

async function loopbackSshd(...lines: string[]) {
  const { target, ...sshd } = await realSshd(...lines)
  return { ...sshd, target: { ...target, transport: 'openssh' as const } }
}

function options(more: Partial<ConnectOptions> = {}): ConnectOptions {
  const revealSecret = () => Promise.reject(new Error('nothing is to be asked'))
  return { signal: never, timeoutMs: 20_000, revealSecret, ...more }
}

function hostOf(connection: Connection | undefined): Host {
  if (connection?.kind !== 'connected') throw connection?.error ?? new Error('no connection')
  onTestFinished(() => connection.host.close())
  return connection.host
}

async function logIn(target: SshTarget, more: Partial<ConnectOptions> = {}): Promise<Host> {
  return hostOf(await connect(target, 'node1', options(more)))
}

async function said(host: Host, text: string): Promise<string | undefined> {
  const { blocks } = await host.run([{ text }], { what: 'test', signal: never, timeoutMs: 30_000 })
  return blocks[0]?.stdout
}

/** As when the network is gone for good: the ssh that holds the connection ends. */
function endMaster(port: number): void {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const masters = all.filter((pid) => {
    const words = readWords(pid)
    return words[0] === 'ssh' && words.includes(`Port ${port}`) && words.includes('ControlMaster yes')
  })
  expect(masters).toHaveLength(1)
  for (const pid of masters) process.kill(Number(pid), 'SIGKILL')
}

function readWords(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Signs a public key; with `-h` a host's. */
function sign(authority: string, publicKey: string, ...words: string[]): void {
  const { status, stderr } = spawnSync('ssh-keygen', ['-q', '-s', authority, '-I', 'test', ...words, publicKey])
  expect(status, String(stderr)).toBe(0)
}

describe.runIf(hasSshd && hasTurn('OpenSSH'))('the installed ssh', () => {
  describe('with certificates', () => {
    it('of hosts: whom @cert-authority trusts is known, whomever else is not', async () => {
      const keys = mkdtempSync(join(tmpdir(), 'ca-'))
      const [authority, other, host] = ['ca', 'other', 'host'].map((name) => strangersKey(keys, name)) as [
        string,
        string,
        string,
      ]
      sign(authority, `${host}.pub`, '-h', '-n', '127.0.0.1')
      const { target } = await loopbackSshd(`HostKey ${host}`, `HostCertificate ${host}-cert.pub`)
      const known = join(keys, 'known')
      const trusting = (key: string) => {
        writeFileSync(known, `@cert-authority * ${readFileSync(`${key}.pub`, 'utf8')}`)
        return { ...target, knownHosts: [known] }
      }
      expect(await said(await logIn(trusting(authority)), 'echo in')).toBe('in\n')
      expect(await connect(trusting(other), 'node1', options())).toMatchObject({
        error: { exitCode: 3, message: expect.stringContaining('is not known: ED25519 SHA256:') },
      })
      // The library cannot check it, and says who can
      expect(await connect({ ...trusting(authority), transport: 'ssh2' }, 'node1', options())).toMatchObject({
        error: { exitCode: 3, next: expect.arrayContaining([expect.stringContaining("transport: 'openssh'")]) },
      })
    })

    it('of users: the one beside a key opens where the key alone does not', async () => {
      const { target, folder, authorized } = await loopbackSshd()
      const authority = strangersKey(folder, 'ca')
      writeFileSync(authorized, `cert-authority ${readFileSync(`${authority}.pub`, 'utf8')}`)
      expect(await connect(target, 'node1', options())).toMatchObject({
        error: { answered: expect.stringContaining('Permission denied (publickey') },
      })
      sign(authority, join(folder, 'key.pub'), '-n', target.user)
      expect(await said(await logIn(target), 'echo in')).toBe('in\n')
    })

    it('of users, that the OpenSSH configuration names', async () => {
      const { target, folder, authorized } = await loopbackSshd()
      const authority = strangersKey(folder, 'ca')
      writeFileSync(authorized, `cert-authority ${readFileSync(`${authority}.pub`, 'utf8')}`)
      sign(authority, join(folder, 'key.pub'), '-n', target.user)
      spawnSync('mv', [join(folder, 'key-cert.pub'), join(folder, 'elsewhere')])
      const config = join(folder, 'user_config')
      writeFileSync(
        config,
        `Host etcd1\n  HostName 127.0.0.1\n  Port ${target.port}\n  IdentityFile ${folder}/key\n  CertificateFile ${folder}/elsewhere\n`,
      )
      const named = { ...target, host: 'etcd1', config, defaulted: ['port', 'key', 'jump'] as SshTarget['defaulted'] }
      const host = await logIn(named)
      expect(await said(host, 'echo in')).toBe('in\n')
      expect(host.target).toBe(`${target.user}@127.0.0.1:${target.port}`)
    })
  })

  it('asks whether an unknown host is trusted, and remembers it', async () => {
    const { target, folder } = await loopbackSshd()
    const known = join(folder, 'known')
    const confirmHostKey = vi.fn<(...shown: string[]) => Promise<boolean>>(async () => true)
    await logIn({ ...target, knownHosts: [known] }, { confirmHostKey })
    const shown = String(spawnSync('ssh-keygen', ['-lf', join(folder, 'host.pub')]).stdout).split(' ')[1]
    expect(confirmHostKey.mock.calls).toEqual([[`[127.0.0.1]:${target.port}`, shown, 'ED25519']])
    await logIn({ ...target, knownHosts: [known] })
  })

  it('knows a host at a new address by the key that it has at its other one', async () => {
    const { target, folder } = await loopbackSshd()
    const known = join(folder, 'known_hosts')
    const places = new Map([['node1', [{ ...target, host: 'localhost' }, target]]])
    const found = await connectAll(places, { ...options(), concurrency: 2 })
    expect(hostOf(found.get('node1')).target).toContain('@localhost:')
    expect(readFileSync(known, 'utf8')).toContain(`[localhost]:${target.port} `)
    await logIn({ ...target, host: 'localhost' })
    // Another host there is not taken for it
    const stranger = await loopbackSshd()
    const moved = new Map([['node1', [{ ...stranger.target, knownHosts: [known] }, target]]])
    expect(hostOf((await connectAll(moved, { ...options(), concurrency: 2 })).get('node1')).target).toBe(
      `${target.user}@127.0.0.1:${target.port}`,
    )
  })

  it('has a way to the member’s ports, and tells why there is none', async () => {
    const port = await portOf(createServer((socket) => socket.pipe(socket)))
    const host = await logIn((await loopbackSshd()).target)
    const socket = await host.dial('127.0.0.1', port, never)
    socket.write('hello')
    expect(String((await once(socket, 'data'))[0])).toBe('hello')
    socket.destroy()
    await expect(host.dial('127.0.0.1', 1, never)).rejects.toMatchObject({
      message: expect.stringContaining('cannot connect to 127.0.0.1, port 1'),
    })
    const closed = await logIn((await loopbackSshd('AllowTcpForwarding no')).target)
    await expect(closed.dial('127.0.0.1', port, never)).rejects.toBeInstanceOf(ForwardingRefused)
  })

  it('has one connection to a jump host for all the nodes behind it', async () => {
    const [jump, first, second] = await Promise.all([loopbackSshd(), loopbackSshd(), loopbackSshd()])
    const behind = new Map([first, second].map(({ target }, at) => [`node${at}`, { ...target, jump: [jump.target] }]))
    const found = await connectAll(behind, { ...options(), concurrency: 2 })
    for (const connection of found.values()) expect(await said(hostOf(connection), 'echo in')).toBe('in\n')
    expect(jump.log().match(/Accepted publickey/g)).toHaveLength(1)
  })

  it('that is shown too many keys leads to the one that should be named', async () => {
    const { target, folder } = await loopbackSshd('MaxAuthTries 2')
    const key = ['a', 'b', 'c', 'd'].map((name) => strangersKey(folder, name))
    expect(await connect({ ...target, key }, 'node1', options())).toMatchObject({
      error: { next: expect.arrayContaining([expect.stringContaining('ssh.key')]) },
    })
  })

  it('gives sudo its password, and runs what is behind it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sudo-'))
    // As sudo -S does: it asks on stderr, reads a line, and replaces itself
    const sudo = `#!/bin/sh
while :; do case $1 in -S) shift ;; -p) prompt=$2; shift 2 ;; *) break ;; esac; done
printf %s "$prompt" >&2
IFS= read -r given
[ "$given" = sesame ] || { printf 'Sorry, try again.\\n%s' "$prompt" >&2; read -r again; exit 1; }
exec "$@"
`
    writeFileSync(join(folder, 'sudo'), sudo, { mode: 0o755 })
    const { target } = await loopbackSshd(`SetEnv PATH=${folder}:/usr/bin:/bin`)
    const attempting = { ...options(), ...attempts() }
    const master = await openSshTransport.logIn('node1', target, undefined, attempting, [])
    onTestFinished(() => master.end())
    const outcomes: Outcome[] = []
    const turn = async (): Promise<Turn> => ({ kind: 'try', end: (outcome) => void outcomes.push(outcome) })
    const as = (word: string): Host => {
      const password = new Secret(word)
      const escalation = { kind: 'sudo-password', password, turn, refusedAt: () => undefined } as const
      return openSshTransport.host('node1', master, escalation, undefined)
    }
    expect(await said(as('sesame'), 'echo root')).toBe('root\n')
    await expect(said(as('wrong'), 'echo root')).rejects.toMatchObject({ message: 'sudo refused the password' })
    expect(outcomes).toEqual(['right', 'wrong'])
  })

  it('carries files, and output that is not held back', async () => {
    const { target, folder } = await loopbackSshd()
    const host = await logIn(target)
    const bytes = randomBytes(8 * 2 ** 20)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const owner = { owner: String(process.getuid?.()), group: String(process.getgid?.()) }
    const file = {
      path: join(folder, 'put'),
      content: { kind: 'bytes', bytes, sha256 },
      mode: 0o600,
      ...owner,
    } as const
    const script = { text: 'install_files; cat "$1"', args: [file.path], files: [file] }
    const back = createHash('sha256')
    const stdoutTo = (chunk: Uint8Array) => void back.update(chunk)
    await host.run([script], { what: 'test', signal: never, timeoutMs: 60_000, stdoutTo })
    expect(back.digest('hex')).toBe(sha256)
  })

  it('ends a command that is interrupted, on the host too', async () => {
    const host = await logIn((await loopbackSshd()).target)
    const interruption = new AbortController()
    const pid = Promise.withResolvers<number>()
    const onOutput = (_: string, bytes: Uint8Array) => {
      pid.resolve(Number(Buffer.from(bytes)))
      return undefined
    }
    const words = ['sh', '-c', 'echo $$; exec sleep 100']
    const running = host.stream(words, { what: 'test', signal: interruption.signal, timeoutMs: 20_000, onOutput })
    const number = await pid.promise
    interruption.abort(new Error('Ctrl-C'))
    expect(await running).toEqual({ kind: 'interrupted', ended: true })
    expect(() => process.kill(number, 0)).toThrow('ESRCH')
  })

  it('has no word of a script in its arguments or environment', async () => {
    const host = await logIn((await loopbackSshd()).target)
    const text =
      ': marker-of-a-secret; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; sleep 0.2'
    const seen = await said(host, text)
    expect(seen).toContain('ControlMaster yes')
    expect(seen).not.toContain('marker-of-a-secret')
  })

  it('tells a lost connection', async () => {
    const { target, log } = await loopbackSshd()
    const host = await logIn(target)
    const running = said(host, 'echo began; sleep 60')
    await expect.poll(log).toMatch(/Starting session: command/)
    endMaster(target.port)
    await expect(running).rejects.toMatchObject({ message: expect.stringContaining('was lost') })
    expect(await host.ended).toBeInstanceOf(Error)
  })

  describe('leaves nothing behind', () => {
    it('once it is closed, or was never let in', async () => {
      const { target, folder } = await loopbackSshd()
      const host = await logIn(target)
      expect(folders()).toHaveLength(1)
      expect(
        spawnSync('stat', ['-c', '%a', join(process.env['TMPDIR'] ?? '', folders()[0] ?? '')]).stdout.toString(),
      ).toBe('700\n')
      host.close()
      await host.ended
      expect(folders()).toEqual([])
      await connect({ ...target, key: [strangersKey(folder, 'stranger')] }, 'node1', options())
      await expect.poll(folders, { timeout: 5000 }).toEqual([])
    })

    it('when it is interrupted', async () => {
      const { target } = await loopbackSshd()
      const interruption = new AbortController()
      const port = await portOf(createServer(() => {}))
      const waiting = connect({ ...target, port }, 'node1', options({ signal: interruption.signal }))
      await expect.poll(folders).toHaveLength(1)
      await sleep(300)
      interruption.abort(new Error('Ctrl-C'))
      await expect(waiting).rejects.toThrow('Ctrl-C')
      await expect.poll(folders, { timeout: 5000 }).toEqual([])
    })

    it('when nothing answers in time', async () => {
      const { target } = await loopbackSshd()
      const port = await portOf(createServer(() => {}))
      expect(await connect({ ...target, port }, 'node1', options({ timeoutMs: 700 }))).toMatchObject({
        error: { message: 'no answer within 0.7 s' },
      })
      await expect.poll(folders, { timeout: 5000 }).toEqual([])
    })

    it('when we are killed: connection, processes and folder go too', async () => {
      const { target, log } = await loopbackSshd()
      const script = new URL('openssh-controller.ts', import.meta.url).pathname
      const controller = spawn(process.execPath, [script, JSON.stringify(target)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(controller.stdout, 'data')
      expect(folders()).toHaveLength(1)
      controller.kill('SIGKILL')
      await expect.poll(folders, { timeout: 10_000 }).toEqual([])
      await expect.poll(log, { timeout: 10_000 }).toMatch(/Disconnected from user|Connection closed by/)
    })
  })
})

/** Where it listens until the test is over. */
async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
