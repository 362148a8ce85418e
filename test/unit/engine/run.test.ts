import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { RunEvent } from '../../../src/engine/events.ts'
import { readOperation, type Operation } from '../../../src/engine/operation.ts'
import type { Change, Stage, Step, Subject } from '../../../src/engine/playbook.ts'
import { converge } from '../../../src/engine/run.ts'
import type { RunContext } from '../../../src/engine/run-context.ts'
import { DeployError, exitCode } from '../../../src/errors.ts'
import type { Host, RunOptions, Script } from '../../../src/host/host.ts'

// A rotation in small: a first stage, people do something, a second one. What is seen are the words that a host holds.
type Seen = ReadonlyMap<string, readonly string[]>

let folder: string
let events: RunEvent[]
let words: Map<string, string[]>
let onHosts: Set<string>
let broken: string | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-run-'))
  events = []
  words = new Map([
    ['a', []],
    ['b', []],
  ])
  onHosts = new Set()
  broken = undefined
})
afterEach(() => rm(folder, { recursive: true }))

describe('an operation of two stages with a pause', () => {
  test('writes its record before the first change, ends at the pause, and keeps the record', async () => {
    const outcome = await converge(stages, subject(), context({ operation: true }))
    expect(outcome.pausedAt).toBe('hand out the bundle')
    expect(types().indexOf('record-written')).toBeLessThan(types().indexOf('change-begin'))
    expect(await readOperation(recordPath())).toMatchObject({ name: 'rotate', finish: 'etcd-deploy rotate --continue' })
    expect(onHosts).toEqual(new Set(['a', 'b']))
    expect([...words.values()]).toEqual([['both'], ['both']])
  })

  test('keeps no record on a host of which nothing shall be left; it is changed like the others', async () => {
    const all = context({ operation: true })
    await converge(stages, subject(), { ...all, ...(all.intent && { intent: { ...all.intent, notOn: 'b' } }) })
    expect(onHosts).toEqual(new Set(['a']))
    expect([...words.values()]).toEqual([['both'], ['both']])
  })

  test('passes one pause when told to go on, and removes the record after the last change', async () => {
    await converge(stages, subject(), context({ operation: true }))
    const outcome = await converge(stages, subject(), context({ operation: await recorded(), pauses: 'next' }))
    expect(outcome.pausedAt).toBeUndefined()
    expect(types().lastIndexOf('record-removed')).toBeGreaterThan(types().lastIndexOf('change-end'))
    expect(await readOperation(recordPath())).toBeUndefined()
    expect(onHosts.size).toBe(0)
    expect([...words.values()]).toEqual([['new'], ['new']])
  })

  test('does not start over once its end is reached, and then leaves no record', async () => {
    words = new Map([
      ['a', ['new']],
      ['b', ['new']],
    ])
    await converge(stages, subject(), context({ operation: true }))
    expect(types()).not.toContain('change-begin')
    expect(await readOperation(recordPath())).toBeUndefined()
  })

  test('passes no pause that nobody was told of: a run may have been killed before it told', async () => {
    words = new Map([
      ['a', ['both']],
      ['b', ['both']],
    ])
    const outcome = await converge(stages, subject(), context({ operation: true, pauses: 'next' }))
    expect(outcome.pausedAt).toBe('hand out the bundle')
    expect(types()).not.toContain('change-begin')
    expect(await readOperation(recordPath())).toMatchObject({ told: ['trust both'] })
  })

  test('goes on in a stage that was begun, without being told again', async () => {
    words = new Map([
      ['a', ['new']],
      ['b', ['both']],
    ])
    const [first, last] = stages as [Stage<null, Seen>, Stage<null, Seen>]
    const begun = { ...last, begun: (_: null, seen: Seen) => [...seen.values()].flat().includes('new') }
    const passed = { ...first, reached: () => true }
    const outcome = await converge([passed, begun], subject(), context({ operation: true }))
    expect(outcome.pausedAt).toBeUndefined()
    expect([...words.values()]).toEqual([['new'], ['new']])
  })

  test('goes on from what it sees when it broke off in the middle of a stage', async () => {
    words.set('a', ['both'])
    await converge(stages, subject(), context({ operation: true, pauses: 'all' }))
    const changed = events.flatMap((event) => (event.type === 'change-begin' ? [`${event.host} ${event.what}`] : []))
    expect(changed).toEqual(['b both', 'a new', 'b new'])
  })
})

describe('a run', () => {
  test('that finds nothing to change takes no lock', async () => {
    words = new Map([['a', ['new']]])
    await converge(stages, subject(), context())
    expect(types()).not.toContain('lock-taken')
  })

  test('releases its locks when a change fails, and says which', async () => {
    broken = 'b'
    const run = converge(stages, subject(), context({ pauses: 'all' }))
    await expect(run).rejects.toMatchObject({
      message: 'could not both',
      host: 'b',
      next: [expect.stringMatching(/run the same command again/)],
    })
    expect(types()).toContain('lock-released')
    expect(words.get('a')).toEqual(['both'])
  })

  test('asks the guard before a member is taken down, and stops where it refuses', async () => {
    const error = new DeployError({ message: 'quorum', exitCode: exitCode.refused })
    const refusing = { ...subject(), guard: () => ({ error, allowable: false }) }
    await expect(converge([restarting], refusing, context())).rejects.toBe(error)
    expect(types()).not.toContain('change-begin')
  })

  test('goes on where a person allows what may be allowed', async () => {
    const error = new DeployError({ message: 'quorum', exitCode: exitCode.refused })
    const asking = { ...subject(), guard: () => ({ error, allowable: true }) }
    await converge([restarting], asking, context({ allowDowntime: true }))
    expect([...words.values()]).toEqual([['restarted'], ['restarted']])
  })

  test('does not end well when a host stops answering in between', async () => {
    const normal = subject()
    const losing: Subject<null, Seen> = {
      ...normal,
      see: (readings) => new Map([...normal.see(readings)].filter(([host, held]) => host === 'a' || held.length === 0)),
      check: (seen) => (seen.has('b') ? [] : [{ error: new DeployError({ message: 'lost b' }) }]),
    }
    await expect(converge(stages, losing, context())).rejects.toThrow('lost b')
  })

  test('says so when a change was made and is still wanted', async () => {
    const stubborn: Stage<null, Seen> = { name: 'x', steps: [step('x', { forgets: true })], reached: () => false }
    await expect(converge([stubborn], subject(), context())).rejects.toThrow('x: made twice, and still not so')
  })
})

const stages: Stage<null, Seen>[] = [
  { name: 'trust both', steps: [step('both')], reached: all('both'), pause: 'hand out the bundle' },
  { name: 'trust the new', steps: [step('new')], reached: all('new') },
]
const restarting: Stage<null, Seen> = {
  name: 'restart',
  steps: [step('restarted', { takesDown: true })],
  reached: all('restarted'),
}

function all(word: string) {
  return (_: null, seen: Seen): boolean => [...seen.values()].every((held) => held.includes(word))
}

function step(word: string, how: { takesDown?: true; forgets?: true } = {}): Step<null, Seen> {
  return {
    name: word,
    next: (_, seen) =>
      [...seen]
        .filter(([, held]) => !held.includes(word))
        .map(([host]): Change<Seen> => ({
          host,
          what: word,
          why: 'missing',
          ...(how.takesDown && { takesDown: host }),
          script: { text: how.forgets ? 'forget' : 'hold', args: [word] },
          timeoutMs: 1000,
          predict: (before) => new Map(before).set(host, [word]),
        })),
  }
}

function subject(): Subject<null, Seen> {
  return {
    looks: () => [{ name: 'words', script: { text: 'look' } }],
    see: (readings) =>
      new Map(
        [...readings].flatMap(([host, reading]) =>
          reading.kind === 'read' ? [[host, words.get(host) ?? []] as const] : [],
        ),
      ),
    prepare: () => Promise.resolve(null),
    check: () => [],
    checkWanted: () => [],
    guard: () => undefined,
  }
}

function context(
  given: { operation?: Operation | true; pauses?: 'next' | 'all'; allowDowntime?: true } = {},
): RunContext {
  const finish = 'etcd-deploy rotate --continue'
  const begun: Operation = { name: 'rotate', args: {}, finish, since: '', controller: '', told: [] }
  const operation = given.operation === true ? begun : given.operation
  return {
    connections: new Map([...words.keys()].map((name) => [name, { kind: 'connected', host: fakeHost(name) }])),
    emit: (event) => events.push(event),
    ask: { confirm: () => Promise.resolve(false), typed: () => Promise.resolve(false) },
    signal: new AbortController().signal,
    fence: { dir: '/run/x', token: 't', holder: 'me' },
    concurrency: 2,
    timeoutMs: () => 1000,
    allowDowntime: given.allowDowntime === true,
    ...(given.pauses && { pauses: given.pauses }),
    ...(operation && { intent: { operation, localPath: recordPath(), hostPath: '/record' } }),
    changed: new Set(),
    restarted: new Set(),
  }
}

function fakeHost(name: string): Host {
  const execute = async ({ text, args = [] }: Script): Promise<{ code: number; stdout: string }> => {
    if (text.includes('install_files')) onHosts.add(name)
    if (text.startsWith('rm ')) onHosts.delete(name)
    if (text === 'hold' && broken === name) return { code: 1, stdout: '' }
    if (text === 'hold') words.set(name, [args[0] ?? ''])
    return { code: 0, stdout: text === 'look' ? (words.get(name) ?? []).join(' ') : '' }
  }
  const run = async (scripts: readonly Script[], options?: Partial<RunOptions>) => {
    const blocks = []
    for (const [index, script] of scripts.entries()) {
      options?.onBlock?.(index, 'begin')
      const block = await execute(script)
      options?.onBlock?.(index, 'end', block.code)
      blocks.push(block)
      if (block.code !== 0) break
    }
    return { blocks, stderr: '', durationMs: 1 }
  }
  return {
    name,
    target: name,
    run,
    lock: async (_, scripts) => ({
      kind: 'locked',
      result: await run(scripts),
      lost: new Promise(() => {}),
      release: () => Promise.resolve(),
    }),
    stream: () => Promise.reject(new Error('no streaming')),
    dial: () => Promise.reject(new Error('no channel')),
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    close: () => {},
  }
}

function types(): string[] {
  return events.map((event) => event.type)
}

async function recorded(): Promise<Operation> {
  const operation = await readOperation(recordPath())
  if (operation === undefined) throw new Error('there is no record')
  return operation
}

function recordPath(): string {
  return join(folder, 'operation.json')
}
