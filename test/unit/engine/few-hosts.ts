import type { Change, Stage, Subject } from '../../../src/engine/playbook.ts'
import type { RunContext } from '../../../src/engine/run-context.ts'
import type { RunEvent } from '../../../src/engine/events.ts'
import type { Host, RunOptions, Script } from '../../../src/host/host.ts'

/** What each host was, at the moment at which it was read. */
export type Read = ReadonlyMap<string, string>

/** Hosts that hold one word each, read as the engine reads: what it does not read again, it does not see. */
export interface FewHosts {
  /** As they are. */
  now: Map<string, string>
  events: RunEvent[]
  context: RunContext
  subject: Subject<null, Read>
  /** Every command in its order: `read a`, `lock a`, `change a`. */
  commands: string[]
  /** Called while a command is on its way. */
  during: (command: string) => Promise<void>
  /** Ends the lock of a host without its release. */
  loseLock: (name: string) => void
  /** Who holds the lock of a host instead. */
  heldBy: Map<string, string>
}

export function fewHosts(names: readonly string[], more: Partial<RunContext> = {}): FewHosts {
  const losing = new Map<string, (error: Error) => void>()
  const hosts: FewHosts = {
    now: new Map(names.map((name) => [name, 'old'])),
    events: [],
    commands: [],
    heldBy: new Map(),
    during: () => Promise.resolve(),
    loseLock: (name) => losing.get(name)?.(new Error(`the lock of ${name} is lost`)),
    subject: {
      looks: () => [{ name: 'word', script: { text: 'look' } }],
      see: (readings) =>
        new Map(
          [...readings].flatMap(([name, on]) => (on.kind === 'read' ? [[name, on.outputs['word']?.stdout ?? '']] : [])),
        ),
      prepare: () => Promise.resolve(null),
      check: () => [],
      checkWanted: () => [],
      guard: () => undefined,
    },
    context: {
      connections: new Map(names.map((name) => [name, { kind: 'connected', host: hostNamed(name) }])),
      emit: (event) => hosts.events.push(event),
      ask: { confirm: () => Promise.reject(new Error('asked')), typed: () => Promise.reject(new Error('asked')) },
      signal: new AbortController().signal,
      fence: { dir: '/run/x', token: 't', holder: 'me' },
      concurrency: names.length,
      timeoutMs: () => 1000,
      allowDowntime: false,
      changed: new Set(),
      restarted: new Set(),
      ...more,
    },
  }
  return hosts

  function hostNamed(name: string): Host {
    const run = async (kind: string, scripts: readonly Script[], options?: Partial<RunOptions>) => {
      hosts.commands.push(`${kind} ${name}`)
      const blocks = []
      for (const [index, { text, args = [] }] of scripts.entries()) {
        options?.onBlock?.(index, 'begin')
        if (text === 'hold') hosts.now.set(name, args[0] ?? '')
        blocks.push({ code: 0, stdout: text === 'look' ? (hosts.now.get(name) ?? '') : '' })
        options?.onBlock?.(index, 'end', 0)
      }
      await hosts.during(`${kind} ${name}`)
      options?.signal?.throwIfAborted()
      return { blocks, stderr: '', durationMs: 1 }
    }
    return {
      name,
      target: name,
      run: (scripts, options) => run(options.fence === undefined ? 'read' : 'change', scripts, options),
      lock: async (_, scripts) => {
        const result = await run('lock', scripts)
        const holder = hosts.heldBy.get(name)
        if (holder !== undefined) return { kind: 'held-by-other', holder }
        return {
          kind: 'locked',
          result,
          lost: new Promise((resolve) => losing.set(name, resolve)),
          release: async () => void hosts.commands.push(`release ${name}`),
        }
      },
      stream: () => Promise.reject(new Error('no streaming')),
      dial: () => Promise.reject(new Error('no channel')),
      cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
      close: () => {},
    }
  }
}

/** Every host to hold `new`. */
export function renewing(how: { takesDown?: true } = {}): Stage<null, Read> {
  const next = (_: null, seen: Read): Change<Read>[] =>
    [...seen]
      .filter(([, word]) => word !== 'new')
      .map(([host]) => ({
        host,
        what: 'renew',
        why: 'old',
        ...(how.takesDown && { takesDown: host }),
        script: { text: 'hold', args: ['new'] },
        timeoutMs: 1000,
        predict: (before) => new Map(before).set(host, 'new'),
      }))
  return {
    name: 'renewed',
    steps: [{ name: 'renew', next }],
    reached: (_, seen) => [...seen.values()].every((word) => word === 'new'),
  }
}
