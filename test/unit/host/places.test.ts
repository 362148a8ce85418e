import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import { secretReader } from '../../../src/cli/secrets.ts'
import type { ConnectOptions } from '../../../src/host/connect.ts'
import { connectAll } from '../../../src/host/connect.ts'
import type { Connection, Host } from '../../../src/host/host.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { hostKey, type HostKey, nobodyThere, silentHost, sshServer } from './ssh-server.ts'

const ours = hostKey()
const strange = hostKey()
const longMs = 20_000

let file: string
let questions: string[]
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'places-')), 'known_hosts')
  questions = []
})

type Places = Record<string, SshTarget | readonly SshTarget[]>

async function connections(nodes: Places, more: Partial<ConnectOptions> = {}): Promise<Map<string, Connection>> {
  const ask = {
    secret: async (label: string) => {
      questions.push(label)
      return new Secret('sesame')
    },
    confirm: () => Promise.reject(new Error('not a flag')),
    typed: () => Promise.reject(new Error('not a flag')),
  }
  const found = await connectAll(new Map(Object.entries(nodes)), {
    concurrency: 10,
    signal: new AbortController().signal,
    timeoutMs: longMs,
    revealSecret: secretReader(ask),
    ...more,
  })
  onTestFinished(() => {
    for (const connection of found.values()) if (connection.kind === 'connected') connection.host.close()
  })
  return found
}

async function reached(places: SshTarget[], more: Partial<ConnectOptions> = {}): Promise<Host> {
  const node2 = (await connections({ node2: places }, more)).get('node2')
  if (node2?.kind !== 'connected') throw node2?.error ?? new Error('nothing came of it')
  return node2.host
}

async function failure(places: SshTarget[], more: Partial<ConnectOptions> = {}): Promise<Error> {
  const node2 = (await connections({ node2: places }, more)).get('node2')
  if (node2?.kind !== 'unreachable') throw new Error('was let in')
  return node2.error
}

/** known_hosts has these keys for these places. */
async function known(...keys: [SshTarget, HostKey][]): Promise<void> {
  await writeFile(file, keys.map(([target, key]) => knownLine(target, key)).join(''))
}

function knownLine({ host, port }: SshTarget, key: HostKey): string {
  return `[${host}]:${port} ${key.public.split(' ').slice(0, 2).join(' ')}\n`
}

function where({ user, host, port }: SshTarget): string {
  return `${user}@${host}:${port}`
}

const withFile = (target: SshTarget): SshTarget => ({ ...target, knownHosts: [file] })
const yes = async (): Promise<boolean> => true

describe('a host that may be at two addresses', () => {
  it.each([
    ['refuses', async () => ({ target: await nobodyThere(), open: () => 0 })],
    ['says nothing', () => silentHost()],
  ])('is reached at the second where the first %s, without its time-out', async (_, first) => {
    const dead = await first()
    const alive = await sshServer({ key: ours, address: '127.0.0.2' })
    const begunMs = performance.now()
    const host = await reached([dead.target, alive.target], { confirmHostKey: yes })
    expect(performance.now() - begunMs).toBeLessThan(longMs / 4)
    expect(host.target).toBe(where(alive.target))
    await expect.poll(dead.open).toBe(0)
  })

  it('is taken at the first, though that is a little slower; the other connection is closed', async () => {
    const slow = await sshServer({ key: ours, loginMs: 300 })
    const quick = await sshServer({ key: ours, address: '127.0.0.2' })
    const host = await reached([slow.target, quick.target], { confirmHostKey: yes })
    expect(host.target).toBe(where(slow.target))
    expect(quick.seen()).toBe(1)
    await expect.poll(quick.open).toBe(0)
    expect(slow.open()).toBe(1)
  })

  it('is given one password, asked for once', async () => {
    const places = [await sshServer({ key: ours, loginMs: 200 }), await sshServer({ key: ours, address: '127.0.0.2' })]
    await reached(
      places.map(({ target }) => target),
      { confirmHostKey: yes },
    )
    expect(questions).toEqual(['SSH password'])
  })

  it('is tried once where both names lead to the same place', async () => {
    const only = await sshServer({ key: ours })
    await reached([only.target, { ...only.target, defaulted: ['port'] }], { confirmHostKey: yes })
    expect(only.seen()).toBe(1)
  })

  it('that is at neither is told with both and why', async () => {
    const refusing = await nobodyThere()
    const silent = (await silentHost('127.0.0.2')).target
    expect(await failure([refusing, silent], { timeoutMs: 400 })).toMatchObject({
      host: 'node2',
      exitCode: 1,
      message: 'cannot be reached at any of its addresses: 127.0.0.1, 127.0.0.2',
      tried: `SSH to root@127.0.0.1, port ${refusing.port} and root@127.0.0.2, port ${silent.port}`,
      answered: [
        `root@127.0.0.1, port ${refusing.port}: the connection was refused: nothing listens there (ECONNREFUSED)`,
        `root@127.0.0.2, port ${silent.port}: no answer within 0.4 s`,
      ].join('\n'),
      next: [expect.stringContaining('sshd runs'), expect.stringContaining('firewall')],
    })
  })

  it('is waited for no longer once the run is interrupted', async () => {
    const interruption = new AbortController()
    const places = [await silentHost(), await silentHost('127.0.0.2')]
    const connecting = connections({ node2: places.map(({ target }) => target) }, { signal: interruption.signal })
    setTimeout(() => interruption.abort(new DeployError({ message: 'enough', exitCode: 130 })), 50)
    await expect(connecting).rejects.toMatchObject({ message: 'enough', exitCode: 130 })
    await expect.poll(() => places.map(({ open }) => open())).toEqual([0, 0])
  })
})

describe('its host key', () => {
  it('known at the old address is enough at the new, and then known there too', async () => {
    const old = withFile(await nobodyThere('127.0.0.2'))
    const fresh = withFile((await sshServer({ key: ours })).target)
    await known([old, ours])
    await reached([fresh, old])
    expect(readFileSync(file, 'utf8')).toBe(knownLine(old, ours) + knownLine(fresh, ours))
    await reached([fresh])
  })

  it('known nowhere is asked about once, though both show it', async () => {
    const places = [
      withFile((await sshServer({ key: ours, loginMs: 300 })).target),
      withFile((await sshServer({ key: ours, address: '127.0.0.2', loginMs: 300 })).target),
    ]
    const asked: string[] = []
    await reached(places, { confirmHostKey: async (host) => asked.push(host) > 0 })
    expect(asked).toEqual(['127.0.0.1'])
    expect(readFileSync(file, 'utf8').split('\n').toSorted()).toEqual(
      ['', ...places.map((place) => knownLine(place, ours).trimEnd())].toSorted(),
    )
  })

  it('is asked about once too when the answer is no', async () => {
    const places = [await sshServer({ key: ours }), await sshServer({ key: ours, address: '127.0.0.2' })]
    let asked = 0
    const error = await failure(
      places.map(({ target }) => target),
      { confirmHostKey: async () => ++asked < 0 },
    )
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining('not known') })
    expect(asked).toBe(1)
  })

  it('is what the preferred place shows, though another host is quicker with its own', async () => {
    const right = withFile((await sshServer({ key: ours, silentMs: 300 })).target)
    const wrong = withFile((await sshServer({ key: strange, address: '127.0.0.2' })).target)
    const asked: string[] = []
    const host = await reached([right, wrong], { confirmHostKey: async (name) => asked.push(name) > 0 })
    expect(host.target).toBe(where(right))
    expect(asked).toEqual(['127.0.0.1'])
    expect(readFileSync(file, 'utf8')).toBe(knownLine(right, ours))
  })

  it('that is another host’s at one address does no harm where the host is at the other', async () => {
    const old = withFile((await sshServer({ key: ours, address: '127.0.0.2' })).target)
    const fresh = withFile((await sshServer({ key: strange })).target)
    await known([old, ours])
    expect((await reached([fresh, old])).target).toBe(where(old))
    expect(readFileSync(file, 'utf8')).toBe(knownLine(old, ours))
  })

  it('that is another host’s is the error, not the silence of the other address', async () => {
    const old = withFile((await silentHost('127.0.0.2')).target)
    const fresh = withFile((await sshServer({ key: strange })).target)
    await known([old, ours])
    for (const places of [
      [fresh, old],
      [old, fresh],
    ]) {
      expect(await failure(places, { timeoutMs: 500 })).toMatchObject({
        exitCode: 3,
        message: `the host that answers at [127.0.0.1]:${fresh.port} is not node2: it has another host key`,
        answered: expect.stringMatching(
          new RegExp(`known_hosts:1 holds [^]* port ${old.port}: no answer within 0.5 s$`),
        ),
      })
    }
    expect(questions).toEqual([])
  })
})

describe('behind a jump host', () => {
  it('one address may be, the other not', async () => {
    const jump = await sshServer({ key: strange })
    const behind = await sshServer({ key: ours, address: '127.0.0.2' })
    const through = { ...behind.target, jump: [jump.target] }
    const host = await reached([await nobodyThere(), through], { confirmHostKey: yes })
    expect(host.target).toBe(where(through))
    expect(jump.seen()).toBe(1)
    host.close()
    await expect.poll(jump.open).toBe(0)
  })

  it('one that has led to the other address is left again', async () => {
    const jump = await sshServer({ key: strange, address: '127.0.0.3' })
    const behind = await sshServer({ key: ours, address: '127.0.0.2' })
    const slow = await sshServer({ key: ours, silentMs: 600 })
    await known([behind.target, ours])
    const through = { ...withFile(behind.target), jump: [jump.target] }
    const host = await reached([withFile(slow.target), through], { confirmHostKey: yes })
    expect(behind.seen()).toBe(1)
    expect(host.target).toBe(where(slow.target))
    await expect.poll(() => [behind.open(), jump.open()]).toEqual([0, 0])
  })

  it('a silent one is not waited for', async () => {
    const jump = await silentHost()
    const behind = { ...(await nobodyThere()), jump: [jump.target] }
    const alive = await sshServer({ key: ours, address: '127.0.0.2' })
    expect((await reached([behind, alive.target], { confirmHostKey: yes })).target).toBe(where(alive.target))
    await expect.poll(jump.open).toBe(0)
  })

  it('another host is still reached where this one needs it no more', async () => {
    const jump = await sshServer({ key: strange, loginMs: 400 })
    const direct = await sshServer({ key: ours })
    const other = await sshServer({ key: hostKey(), address: '127.0.0.2' })
    const through = (target: SshTarget): SshTarget => ({ ...target, jump: [jump.target] })
    const found = await connections(
      { node2: [direct.target, through(direct.target)], node3: through(other.target) },
      { confirmHostKey: yes },
    )
    expect([...found.values()].map(({ kind }) => kind)).toEqual(['connected', 'connected'])
    expect(jump.seen()).toBe(1)
  })
})
