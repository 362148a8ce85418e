import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectAll } from '../../../src/host/connect.ts'
import { firstTries } from '../../../src/host/first-tries.ts'
import type { SecretSource, SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { hostKey, passwordServer, shellServer } from './ssh-server.ts'

const source: SecretSource = { from: 'prompt', label: 'SSH password' }
const key = hostKey()

/** Seven hosts that share an account, and what each was given. */
async function seven(given: string) {
  const tried: string[] = []
  let most = 0
  let under = 0
  const targets = new Map<string, SshTarget>()
  for (let at = 1; at <= 7; at++) {
    const server = await passwordServer(key, async (password) => {
      tried.push(`node${at} ${password}`)
      most = Math.max(most, ++under)
      await sleep(50)
      under--
      return password === 'sesame'
    })
    targets.set(`node${at}`, server.target)
  }
  let asked = 0
  const revealed = new Secret(given)
  const connections = await connectAll(targets, {
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    concurrency: 10,
    revealSecret: async () => {
      asked++
      return revealed
    },
    confirmHostKey: async () => true,
  })
  for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
  return { tried, most, asked, connections: [...connections.values()] }
}

describe('a password that seven hosts share', () => {
  it('is tried on one of them first, then on all others at the same time', async () => {
    const { tried, most, connections } = await seven('sesame')
    expect(tried).toHaveLength(7)
    expect(most).toBeGreaterThan(2)
    expect(connections.map(({ kind }) => kind)).toEqual(Array(7).fill('connected'))
  })

  it('is tried on one only when it is wrong; the others say where', async () => {
    const { tried, connections } = await seven('wrong')
    expect(tried).toHaveLength(1)
    const errors = connections.flatMap((connection) => (connection.kind === 'unreachable' ? [connection.error] : []))
    expect(errors).toHaveLength(7)
    const at = tried[0]?.split(' ')[0]
    const others = errors.filter((error) => `${(error as { tried?: string }).tried}`.includes(`as ${at} refused it`))
    expect(others).toHaveLength(6)
  })
})

describe('a sudo password that three hosts share', () => {
  const fakeSudo = `#!/bin/sh
prompt=$3; shift 3
printf %s "$prompt" >&2; IFS= read -r given; echo "$given" >>"$0.tried"
[ "$given" = sesame ] || { sleep 0.3; printf 'Sorry, try again.\\n%s' "$prompt" >&2; IFS= read -r given; exit 1; }
exec "$@"
`

  /** What came of a script on each of them. */
  async function three(text: string, given: string, timeoutMs = 10_000) {
    const folder = mkdtempSync(join(tmpdir(), 'sudo-'))
    writeFileSync(join(folder, 'sudo'), text)
    chmodSync(join(folder, 'sudo'), 0o755)
    const targets = new Map<string, SshTarget>()
    for (const name of ['node1', 'node2', 'node3']) {
      const { target } = await shellServer(key, `${folder}:${process.env['PATH']}`)
      targets.set(name, { ...target, user: 'ana', sudo: { password: { from: 'env', name: 'SUDO' } } })
    }
    const signal = new AbortController().signal
    const connections = await connectAll(targets, {
      signal,
      timeoutMs: 10_000,
      concurrency: 10,
      revealSecret: async (wanted) => new Secret(wanted.from === 'env' ? given : 'sesame'),
      confirmHostKey: async () => true,
    })
    const hosts = [...connections.values()].flatMap((one) => (one.kind === 'connected' ? [one.host] : []))
    expect(hosts).toHaveLength(3)
    const ran = await Promise.allSettled(
      hosts.map((host) => host.run([{ text: 'echo root' }], { what: 'test', signal, timeoutMs })),
    )
    for (const host of hosts) host.close()
    const refused = ran.flatMap((outcome) => (outcome.status === 'rejected' ? [`${outcome.reason.message}`] : []))
    return { tried: readFileSync(join(folder, 'sudo.tried'), 'utf8'), refused: refused.toSorted() }
  }

  it.each([
    ['right', 'sesame', 3],
    ['wrong', 'guess', 1],
  ])('and that is %s is tried on one of them first', async (_, given, times) => {
    const { tried, refused } = await three(fakeSudo, given)
    expect(tried).toBe(`${given}\n`.repeat(times))
    expect(refused).toEqual(
      times === 3
        ? []
        : [
            'sudo refused the password',
            expect.stringMatching(/^the sudo password was not tried here, as node\d did not take it$/),
            expect.stringMatching(/^the sudo password was not tried here/),
          ],
    )
  })

  it('takes nothing of the time that others have where the first of them hangs over it', async () => {
    const hanging = fakeSudo.replace('[ "$given"', '! mkdir "$0.first" 2>/dev/null || exec sleep 4\n[ "$given"')
    const { tried, refused } = await three(hanging, 'sesame', 2000)
    expect(tried).toBe('sesame\n'.repeat(3))
    expect(refused).toEqual(['not finished after 2 s'])
  })
})

it.skipIf(spawnSync('ssh-agent', ['-k']).error !== undefined)(
  'a password has its turn after an agent’s keys, before sshd hangs up at the sixth failure',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-'))
    const socket = join(folder, 'socket')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    onTestFinished(() => void agent.kill())
    const files = Array.from({ length: 8 }, (_, index) => join(folder, `key${index}`))
    for (const file of files) writeFileSync(file, hostKey().private, { mode: 0o600 })
    const add = () => spawnSync('ssh-add', ['-q', ...files], { env: { SSH_AUTH_SOCK: socket, PATH: '/usr/bin:/bin' } })
    await expect.poll(() => add().status, { timeout: 5000 }).toBe(0)
    const tried: string[] = []
    const server = await passwordServer(
      key,
      async (password) => password === 'sesame',
      ({ method }) => tried.push(method),
    )
    const connections = await connectAll(new Map([['node1', { ...server.target, agent: socket }]]), {
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      concurrency: 1,
      revealSecret: async () => new Secret('sesame'),
      confirmHostKey: async () => true,
    })
    for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
    // The first one, without anything, is not counted
    expect(tried).toEqual(['none', ...Array<string>(5).fill('publickey'), 'password'])
  },
)

describe('turns', () => {
  it('pass on where a host ended before it said anything', async () => {
    const tries = firstTries()
    const first = await tries.turn('login', source, 'node1')
    const second = tries.turn('login', source, 'node2')
    const third = tries.turn('login', source, 'node3')
    if (first.kind === 'try') first.end('unknown')
    const turn = await second
    if (turn.kind === 'try') turn.end('wrong')
    expect(await third).toEqual({ kind: 'refused', at: 'node2' })
  })

  it('pass on where a host says nothing for long; what it says later counts', async () => {
    const tries = firstTries(50)
    const first = await tries.turn('sudo', source, 'node1')
    expect((await tries.turn('sudo', source, 'node2')).kind).toBe('try')
    const third = tries.turn('sudo', source, 'node3')
    if (first.kind === 'try') first.end('wrong')
    expect(await third).toEqual({ kind: 'refused', at: 'node1' })
  })

  it('are not of a host that has another password than the others', async () => {
    const tries = firstTries()
    const first = await tries.turn('sudo', source, 'node1')
    if (first.kind === 'try') first.end('right')
    const second = await tries.turn('sudo', source, 'node2')
    if (second.kind === 'try') second.end('wrong')
    expect(await tries.turn('sudo', source, 'node2')).toEqual({ kind: 'refused', at: 'node2' })
    for (const host of ['node1', 'node3']) expect((await tries.turn('sudo', source, host)).kind).toBe('try')
  })

  it('are of one password each, for login and for sudo', async () => {
    const tries = firstTries()
    const turns = [
      tries.turn('login', source, 'node1'),
      tries.turn('sudo', source, 'node1'),
      tries.turn('login', { from: 'env', name: 'OTHER' }, 'node2'),
    ]
    expect((await Promise.all(turns)).map(({ kind }) => kind)).toEqual(['try', 'try', 'try'])
  })
})
