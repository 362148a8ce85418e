import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEnd, StreamOptions } from '../../../src/host/host.ts'
import type { Ending } from '../../../src/host/process.ts'
import type { CommandReport, Shell } from '../../../src/host/shell.ts'
import { streamCommand } from '../../../src/host/stream.ts'
import { interpreters, localShell } from './local-shell.ts'

interface Told {
  end: StreamEnd
  stdout: Buffer
  stderr: Buffer
}

async function told(shell: Shell, words: string[], more: Partial<StreamOptions> = {}): Promise<Told> {
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  const end = await streamCommand(shell, words, {
    what: 'test',
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    onOutput: (stream, bytes) => void chunks[stream].push(bytes),
    ...more,
  })
  return { end, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) }
}

const exit = (code: number): StreamEnd => ({ kind: 'exit', code })

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !isSo(); tries++) await sleep(25)
  expect(isSo()).toBe(true)
}

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe.each(interpreters)('a command under %s', (interpreter) => {
  const shell = localShell({ interpreter })

  it('gets exactly these words, whatever is in them', async () => {
    const word = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 4 }), async (words) => {
        const { end, stdout } = await told(shell, ['printf', '%s|', ...words])
        expect(end).toEqual(exit(0))
        expect(stdout.toString()).toBe(words.length === 0 ? '|' : words.map((each) => `${each}|`).join(''))
      }),
      { numRuns: 20 },
    )
  })

  it('runs nothing that a word says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'words-'))
    const file = join(folder, 'made')
    await told(shell, ['echo', `$(touch ${file})`, `'; touch ${file}; '`, `\`touch ${file}\``, `\n touch ${file}\n`])
    expect(existsSync(file)).toBe(false)
  })

  it.each<[string, string[], number]>([
    ['its exit code', ['sh', '-c', 'exit 42'], 42],
    ['that it was not found', ['no-such-program'], 127],
    ['which signal killed it', ['sh', '-c', 'kill -9 $$'], 137],
  ])('tells %s', async (_, words, code) => {
    expect((await told(shell, words)).end).toEqual(exit(code))
  })

  it.each([
    [['eval', 'echo no; exit 3']],
    [['exit', '3']],
    [['.', '/etc/profile']],
    [['set', '-x']],
    [['exec', 'echo', 'no']],
    [['-a', 'no', 'echo', 'no']],
    [['-c', 'echo', 'no']],
    [['--', 'echo', 'no']],
    [['A=1', 'echo', 'no']],
    [['']],
  ])('is a program, which %j is none for', async (words) => {
    const { end, stdout, stderr } = await told(shell, words)
    expect(stdout.toString()).toBe('')
    expect(stderr.toString()).toMatch(/not found|denied/i)
    expect([126, 127]).toContain(end.kind === 'exit' ? end.code : end.kind)
  })

  it.each([
    [['echo', '-n', 'yes'], 'yes'],
    [['printf', '%s', '$yes'], '$yes'],
  ])('is a program, also where the shell has its own of that name: %j', async (words, stdout) => {
    expect((await told(shell, words)).stdout.toString()).toBe(stdout)
  })

  it('keeps its streams apart and their bytes as they are, without what the login says', async () => {
    const chatty = localShell({ interpreter, profile: 'echo "Welcome!"; echo note >&2' })
    const { stdout, stderr } = await told(chatty, ['sh', '-c', `printf 'a\\000\\377'; printf 'b\\n\\n' >&2`])
    expect([...stdout]).toEqual([0x61, 0, 0xff])
    expect(stderr.toString()).toBe('b\n\n')
  })

  it('has nothing to read, and may be interrupted', async () => {
    const { stdout } = await told(shell, ['sh', '-c', 'cat; trap "echo caught; exit" INT; kill -INT $$'])
    expect(stdout.toString()).toBe('caught\n')
  })

  it('is waited for no longer than it runs, and what it leaves in the background goes on', async () => {
    const begunMs = performance.now()
    const { end, stdout } = await told(shell, ['sh', '-c', 'sleep 30 & echo $!'])
    expect(end).toEqual(exit(0))
    expect(performance.now() - begunMs).toBeLessThan(10_000)
    const pid = stdout.toString().trim()
    await sleep(300)
    expect(isAlive(pid)).toBe(true)
    process.kill(Number(pid))
  })

  it('ends with all that it started, also where it does not want to, when it is interrupted', async () => {
    const interruption = new AbortController()
    let pids = ''
    const stubborn = 'trap "" TERM; sleep 60 & echo $$ $!; while :; do sleep 1; done'
    const running = told(shell, ['sh', '-c', stubborn], {
      signal: interruption.signal,
      onOutput: (_, bytes) => void (pids += Buffer.from(bytes).toString()),
    })
    await until(() => pids.includes('\n'))
    interruption.abort(new Error('Ctrl-C'))
    expect((await running).end).toEqual({ kind: 'interrupted', ended: true })
    const [shellPid = '', sleepPid = ''] = pids.trim().split(' ')
    await until(() => !isAlive(shellPid) && !isAlive(sleepPid))
  })

  it('ends when its connection does', async () => {
    const cut = Promise.withResolvers<Ending>()
    const within: Shell = {
      ...shell,
      async launch(...given) {
        const launched = await shell.launch(...given)
        void cut.promise.then(() => launched.close())
        return { ...launched, ended: cut.promise }
      },
    }
    let pid = ''
    const running = told(within, ['sh', '-c', 'echo $$; exec sleep 60'], {
      onOutput: (_, bytes) => void (pid += Buffer.from(bytes).toString()),
    })
    running.catch(() => {})
    await until(() => pid.includes('\n'))
    cut.resolve({ kind: 'lost', error: new Error('cut') })
    await expect(running).rejects.toMatchObject({ host: 'here', message: expect.stringContaining('was lost') })
    await until(() => !isAlive(pid.trim()))
  })
})

const shell = localShell()

it('holds the host up while nobody takes what it says', async () => {
  let taken = 0
  let inHand = 0
  const { end } = await told(shell, ['head', '-c', '30000000', '/dev/zero'], {
    onOutput: async (_, bytes) => {
      inHand += bytes.length
      expect(inHand).toBeLessThan(1_000_000)
      if (taken === 0) await sleep(300)
      taken += bytes.length
      inHand -= bytes.length
    },
  })
  expect(end).toEqual(exit(0))
  expect(taken).toBe(30_000_000)
})

it('an interruption does not wait for a reader who takes nothing any more', async () => {
  const interruption = new AbortController()
  setTimeout(() => interruption.abort(new Error('Ctrl-C')), 300)
  const { end } = await told(shell, ['yes'], { signal: interruption.signal, onOutput: () => new Promise(() => {}) })
  expect(end).toEqual({ kind: 'interrupted', ended: true })
})

it('has as long as it likes once it has begun, and not before', async () => {
  expect((await told(shell, ['sleep', '1'], { timeoutMs: 500 })).end).toEqual(exit(0))
  const slow = localShell({ profile: 'sleep 5' })
  await expect(told(slow, ['true'], { timeoutMs: 200 })).rejects.toMatchObject({ host: 'here', tried: 'test' })
})

it('has begun when its stdout says so: stderr comes later where stdout has filled the window that they share', async () => {
  const held: Shell = {
    ...shell,
    async launch(...given) {
      const launched = await shell.launch(...given)
      const [window, stderr] = [new PassThrough(), new PassThrough()]
      launched.stderr.pipe(window)
      setTimeout(() => window.pipe(stderr), 1000)
      return { ...launched, stderr }
    },
  }
  const { end, stderr } = await told(held, ['sh', '-c', 'echo out; echo err >&2'], { timeoutMs: 500 })
  expect([end, stderr.toString()]).toEqual([exit(0), 'err\n'])
})

it('tells where the login leads to no shell, or the shell is killed', async () => {
  const nologin = localShell({ profile: 'echo This account is currently not available.; exit 1' })
  await expect(told(nologin, ['true'])).rejects.toMatchObject({ answered: 'This account is currently not available.' })
  await expect(told(shell, ['sh', '-c', 'kill -9 $(ps -o ppid= -p $PPID)'])).rejects.toMatchObject({ host: 'here' })
})

it('reports what it was and how it ended', async () => {
  const reports: CommandReport[] = []
  await told({ ...shell, onCommand: (report) => reports.push(report) }, ['false'])
  expect(reports).toMatchObject([{ host: 'here', what: 'test', code: 1 }])
})
