import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remoteCommand } from '../../../src/host/command.ts'
import { composeRun, composeScript } from '../../../src/host/compose.ts'
import { runBlocks } from '../../../src/host/run.ts'
import type { CommandReport, Shell } from '../../../src/host/shell.ts'
import { interpreters, localShell, runOptions } from './local-shell.ts'

describe.each(interpreters)('run under %s', (interpreter) => {
  const shell = localShell({ interpreter })

  it('gives each block its values, its output and its exit code', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(text), { maxLength: 4 }), async (argLists) => {
        const blocks = argLists.map((args) => ({ text: `for arg; do printf '%s|' "$arg"; done`, args }))
        const { blocks: results } = await runBlocks(shell, blocks, runOptions())
        expect(results).toEqual(argLists.map((args) => ({ code: 0, stdout: args.map((arg) => `${arg}|`).join('') })))
      }),
      { numRuns: 20 },
    )
  })

  it.each([
    ['ends a block at its first failure', 'echo a; false; echo b', 1, 'a\n'],
    ['refuses an unset variable', 'echo a; echo "$unset"; echo b', expect.not.stringMatching('0'), 'a\n'],
    ['keeps the exit code', 'exit 42', 42, ''],
    ['takes a syntax error for the failure of this block', 'if ( then', expect.not.stringMatching('0'), ''],
    ['cannot be ended from within a block', 'exit 0; )', expect.anything(), ''],
    ['gives a block nothing to read', 'cat; echo end', 0, 'end\n'],
    [
      'has one locale, a tight umask and sbin on PATH',
      'umask; echo "$LC_ALL"; case $PATH in */usr/sbin:*) echo sbin;; esac',
      0,
      '0077\nC\nsbin\n',
    ],
    ['keeps output without an end of line exact', 'printf a', 0, 'a'],
  ])('%s', async (_, text, code, stdout) => {
    const { blocks } = await runBlocks(
      shell,
      [{ text }, { text: 'echo next' }],
      runOptions({ afterFailure: 'continue' }),
    )
    expect(blocks).toEqual([
      { code, stdout },
      { code: 0, stdout: 'next\n' },
    ])
  })

  it('stops after a failed block unless it is told to go on', async () => {
    const phases: string[] = []
    const onBlock = (index: number, phase: string, code?: number): void => void phases.push(`${index} ${phase} ${code}`)
    const blocks = [{ text: ':' }, { text: 'exit 3' }, { text: 'echo never' }]
    const result = await runBlocks(shell, blocks, runOptions({ onBlock }))
    expect(result.blocks.map((block) => block.code)).toEqual([0, 3])
    expect(phases).toEqual(['0 begin undefined', '0 end 0', '1 begin undefined', '1 end 3'])
  })

  it('passes over what a profile prints', async () => {
    const chatty = localShell({ interpreter, profile: 'printf "Welcome!\\nLast login: never"; echo note >&2' })
    const result = await runBlocks(chatty, [{ text: 'echo ours' }], runOptions())
    expect(result.blocks).toEqual([{ code: 0, stdout: 'ours\n' }])
  })

  it('runs nothing of a script that was cut off on its way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cut-'))
    const file = join(folder, 'made')
    const block = { text: 'touch "$1"', args: [file] }
    const script = composeScript('abc', composeRun([block, block], 'stop'))
    for (const missing of [1, 2, 10, 100, 300]) {
      const child = spawn(interpreter, ['-c', remoteCommand({ kind: 'none' }, '')])
      child.stdin.end(script.subarray(0, script.length - missing))
      await once(child, 'close')
      expect(existsSync(file)).toBe(false)
    }
  })
})

const shell = localShell()

it('gives lines as they come, characters whole', async () => {
  const lines: string[] = []
  const onLine = (index: number, text: string): void => void lines.push(`${index} ${text}`)
  const text = `printf '\\303'; sleep 0.05; printf '\\244\\nb'; sleep 0.05; printf 'c\\n\\nlast'`
  const { blocks } = await runBlocks(shell, [{ text }], runOptions({ onLine }))
  expect(blocks[0]?.stdout).toBe('ä\nbc\n\nlast')
  expect(lines).toEqual(['0 ä', '0 bc', '0 ', '0 last'])
})

it('hands stdout on byte for byte where it is asked to', async () => {
  const chunks: Uint8Array[] = []
  const stdoutTo = (chunk: Uint8Array): void => void chunks.push(chunk)
  const { blocks } = await runBlocks(
    shell,
    [{ text: 'head -c 20000000 /dev/zero; printf "\\377"' }],
    runOptions({ stdoutTo }),
  )
  const bytes = Buffer.concat(chunks)
  expect(bytes.length).toBe(20_000_001)
  expect(bytes.at(-1)).toBe(0xff)
  expect(blocks).toEqual([{ code: 0, stdout: '' }])
})

it('keeps the end of a long stderr', async () => {
  const { stderr } = await runBlocks(
    shell,
    [{ text: 'head -c 200000 /dev/zero | tr "\\0" x >&2; echo last words >&2' }],
    runOptions(),
  )
  expect(stderr.length).toBeLessThan(70_000)
  expect(stderr.slice(-12)).toBe('xlast words\n')
})

it('waits for the end of stderr, which comes on its own way', async () => {
  const late: Shell = {
    ...shell,
    async launch(...given) {
      const process = await shell.launch(...given)
      const stderr = new PassThrough()
      process.stderr.on('data', (chunk: Buffer) => setTimeout(() => stderr.write(chunk), 200))
      return { ...process, stderr, ended: process.ended.then((ending) => sleep(400, ending)) }
    },
  }
  expect((await runBlocks(late, [{ text: 'echo late >&2' }], runOptions())).stderr).toBe('late\n')
})

it('does not wait for what a block leaves in the background', async () => {
  const { durationMs } = await runBlocks(shell, [{ text: 'sleep 5 & :' }], runOptions())
  expect(durationMs).toBeLessThan(3000)
})

describe('rejects', () => {
  it('output without bounds', async () => {
    const running = runBlocks(shell, [{ text: 'head -c 20000000 /dev/zero' }], runOptions())
    await expect(running).rejects.toMatchObject({ host: 'here', tried: 'test', message: 'more than 16 MiB of output' })
  })

  it('at its deadline, with what stderr says', async () => {
    const running = runBlocks(shell, [{ text: 'echo waiting for godot >&2; sleep 5' }], runOptions({ timeoutMs: 300 }))
    await expect(running).rejects.toMatchObject({ host: 'here', answered: 'waiting for godot', exitCode: 1 })
  })

  it('at an abort, also before it began', async () => {
    const abort = new AbortController()
    const running = runBlocks(shell, [{ text: 'sleep 5' }], runOptions({ signal: abort.signal }))
    setTimeout(() => abort.abort(), 100)
    await expect(running).rejects.toMatchObject({ exitCode: 130 })
    await expect(runBlocks(shell, [{ text: ':' }], runOptions({ signal: abort.signal }))).rejects.toMatchObject({
      exitCode: 130,
    })
  })

  it('when the shell is killed', async () => {
    const running = runBlocks(shell, [{ text: 'echo so far >&2; kill -9 $$' }], runOptions())
    await expect(running).rejects.toMatchObject({ message: expect.stringContaining('SIGKILL'), answered: 'so far' })
  })

  it('when the login leads to no shell', async () => {
    const nologin = localShell({ profile: 'echo This account is currently not available.; exit 1' })
    await expect(runBlocks(nologin, [{ text: ':' }], runOptions())).rejects.toMatchObject({
      message: expect.stringContaining('exit code 1'),
      answered: 'This account is currently not available.',
    })
  })
})

it('reports every command with what it did and how it ended', async () => {
  const reports: CommandReport[] = []
  const watched: Shell = { ...shell, onCommand: (report) => reports.push(report) }
  await runBlocks(watched, [{ text: ':' }], runOptions({ what: 'read the host' }))
  await runBlocks(watched, [{ text: ':' }, { text: 'exit 7' }], runOptions())
  await runBlocks(watched, [{ text: 'sleep 5' }], runOptions({ timeoutMs: 100 })).catch(() => {})
  expect(reports).toMatchObject([
    { host: 'here', what: 'read the host', code: 0, durationMs: expect.any(Number) },
    { what: 'test', code: 7 },
    { what: 'test', code: undefined },
  ])
})

it('counts commands and bytes', async () => {
  const counted = localShell()
  await runBlocks(counted, [{ text: 'echo 12345' }], runOptions())
  expect(counted.cost.commands).toBe(1)
  expect(counted.cost.bytesSent).toBeGreaterThan(1000)
  expect(counted.cost.bytesReceived).toBeGreaterThan(6)
})
