import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { attempts } from '../../../src/host/attempts.ts'
import { connectAll, type ConnectOptions } from '../../../src/host/connect.ts'
import type { Connection } from '../../../src/host/host.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { factorServer, hostKey, passwordServer, shellServer, sshServer } from './ssh-server.ts'

const key = hostKey()
const folder = mkdtempSync(join(tmpdir(), 'past-'))
const user = ssh2.utils.generateKeyPairSync('ed25519')
writeFileSync(join(folder, 'id'), user.private, { mode: 0o600 })

/** Connects again and again as one run. */
function run(target: SshTarget, more: Partial<ConnectOptions> = {}) {
  const known = attempts()
  return async (again: Partial<ConnectOptions> = {}): Promise<Connection> => {
    const connections = await connectAll(new Map([['node1', target]]), {
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      concurrency: 1,
      revealSecret: async () => new Secret('sesame'),
      confirmHostKey: async () => true,
      attempts: known,
      ...more,
      ...again,
    })
    const connection = connections.get('node1')
    if (connection === undefined) throw new Error('no node1')
    if (connection.kind === 'connected') onTestFinished(() => connection.host.close())
    return connection
  }
}

const wrong = { revealSecret: async () => new Secret('guess') }

describe('a login that is made again in one run', () => {
  it('goes as before where the password was right', async () => {
    const { target, seen } = await passwordServer(key, async (password) => password === 'sesame')
    const logIn = run(target)
    await logIn()
    expect([(await logIn()).kind, seen()]).toEqual(['connected', 2])
  })

  it('is not, where the password was refused; why is told as before', async () => {
    const { target, seen } = await passwordServer(key, async () => false)
    const logIn = run(target, wrong)
    const first = await logIn()
    expect(first).toMatchObject({ kind: 'unreachable', error: { tried: expect.stringContaining('password') } })
    expect([await logIn(), seen()]).toEqual([first, 1])
  })

  it('is not, once a password that was right is refused', async () => {
    let right = 'sesame'
    const { target, seen } = await passwordServer(key, async (password) => password === right)
    const logIn = run(target)
    await logIn()
    right = 'changed'
    for (let times = 0; times < 3; times++) expect((await logIn()).kind).toBe('unreachable')
    expect(seen()).toBe(2)
  })

  it('is not, where sshd hangs up at the wrong password instead of refusing it', async () => {
    const tooMany = 2
    const { target, seen } = await passwordServer(
      key,
      () => new Promise(() => {}),
      ({ method }, client) => method === 'password' && client.disconnect(tooMany),
    )
    const logIn = run(target, wrong)
    await logIn()
    expect(await logIn()).toMatchObject({ kind: 'unreachable', error: { answered: expect.any(String) } })
    expect(seen()).toBe(1)
  })

  it('is not, where nobody has the password', async () => {
    const { target, seen } = await passwordServer(key, async () => false)
    const logIn = run(target, { revealSecret: () => Promise.reject(new Error('there is a question')) })
    for (let times = 0; times < 2; times++) await expect(logIn()).rejects.toThrow('there is a question')
    expect(seen()).toBe(1)
  })

  it('is not, where a person was asked and none is there now', async () => {
    const { target, factors, seen } = await factorServer(key, user.public)
    const logIn = run({ ...target, key: [join(folder, 'id')] })
    const askPerson = async () => new Secret('123456')
    expect((await logIn({ askPerson })).kind).toBe('connected')
    expect(await logIn()).toMatchObject({ kind: 'unreachable', error: { host: 'node1' } })
    expect([factors.length, seen()]).toEqual([2, 1])
    // Who is there is asked
    expect((await logIn({ askPerson })).kind).toBe('connected')
  })

  it('is not, where nobody was there to answer', async () => {
    const { target, factors, seen } = await factorServer(key, user.public)
    const logIn = run({ ...target, key: [join(folder, 'id')] })
    for (let times = 0; times < 3; times++) expect((await logIn()).kind).toBe('unreachable')
    expect([factors, seen()]).toEqual([['publickey'], 1])
  })

  it('is not, where it is the jump host that refused the password', async () => {
    const jump = await passwordServer(key, async () => false)
    const { target } = await sshServer({ key })
    const logIn = run({ ...target, jump: [jump.target] }, wrong)
    for (let times = 0; times < 3; times++) expect((await logIn()).kind).toBe('unreachable')
    expect(jump.seen()).toBe(1)
  })

  it('is not made at its jump host either, where the host behind it refused', async () => {
    const jump = await sshServer({ key })
    const { target } = await passwordServer(key, async () => false)
    const logIn = run({ ...target, jump: [jump.target] })
    for (let times = 0; times < 3; times++) expect((await logIn()).kind).toBe('unreachable')
    expect(jump.seen()).toBe(1)
  })
})

it('a sudo that refused its password is not begun again on that host', async () => {
  const programs = mkdtempSync(join(tmpdir(), 'sudo-'))
  writeFileSync(
    join(programs, 'sudo'),
    `#!/bin/sh
echo begun >>"$0.begun"
printf %s "$3" >&2; IFS= read -r given
[ ! -e "$0.changed" ] || { printf 'Sorry, try again.\\n%s' "$3" >&2; IFS= read -r given; exit 1; }
shift 3
exec "$@"
`,
  )
  chmodSync(join(programs, 'sudo'), 0o755)
  const { target } = await shellServer(key, `${programs}:${process.env['PATH']}`)
  const connection = await run({ ...target, user: 'ana', sudo: { password: { from: 'env', name: 'SUDO' } } })()
  if (connection.kind === 'unreachable') throw connection.error
  const ask = () =>
    connection.host.run([{ text: 'echo root' }], {
      what: 'test',
      signal: new AbortController().signal,
      timeoutMs: 10_000,
    })
  await ask()
  writeFileSync(join(programs, 'sudo.changed'), '')
  await expect(ask()).rejects.toThrow('sudo refused the password')
  for (let times = 0; times < 2; times++)
    await expect(ask()).rejects.toThrow('the sudo password was not tried again, as it was refused')
  expect(readFileSync(join(programs, 'sudo.begun'), 'utf8')).toBe('begun\nbegun\n')
})
