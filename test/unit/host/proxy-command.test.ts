import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { throughCommand } from '../../../src/host/proxy-command.ts'
import type { Reached } from '../../../src/host/reach.ts'
import { sshTarget } from './target.ts'

/** Speaks first, as an sshd does, then goes on for long whatever becomes of its stdin; it notes its process and one that it has started. */
function stubborn(notes: string): string {
  return `sh -c 'sleep 60 & echo $$ $! >${notes}; echo SSH-2.0-test; wait'`
}

function begin(command: string, signal = new AbortController().signal): Promise<Reached> {
  return throughCommand('node1', sshTarget(), command, signal)
}

function notesFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'proxy-')), 'pids')
}

function processesIn(notes: string): [string, string] {
  const [itself = '', started = ''] = readFileSync(notes, 'utf8').trim().split(' ')
  return [itself, started]
}

function isAlive(pid: string): boolean {
  return /^[^Z]/.test(ps('-o', 'stat=', '-p', pid))
}

/** Of all processes in a session. */
function statesIn(session: string): string[] {
  return ps('-o', 'stat=', '-s', session).split('\n')
}

function sessionOf(pid: string | number): string {
  return ps('-o', 'sid=', '-p', `${pid}`)
}

function ps(...words: string[]): string {
  return spawnSync('ps', words, { encoding: 'utf8' }).stdout.trim()
}

describe('a ProxyCommand', () => {
  it('is out of reach of the terminal, whose Ctrl-C is for us', async () => {
    const notes = notesFile()
    const { socket } = await begin(stubborn(notes))
    onTestFinished(() => void socket.destroy())
    expect(sessionOf(processesIn(notes)[0])).toMatch(/^\d+$/)
    expect(sessionOf(processesIn(notes)[0])).not.toBe(sessionOf(process.pid))
  })

  it('ends with the connection, and all that it has started', async () => {
    const notes = notesFile()
    const { socket } = await begin(stubborn(notes))
    expect(processesIn(notes).map(isAlive)).toEqual([true, true])
    socket.destroy()
    await expect.poll(() => processesIn(notes).map(isAlive)).toEqual([false, false])
  })

  it.each(['no-such-program', 'exit 126'])('that cannot be run is told: %s', async (command) => {
    for (let times = 0; times < 5; times++)
      await expect(begin(command)).rejects.toMatchObject({
        message: expect.stringContaining('cannot be run'),
        answered: expect.stringMatching(/exit code 12[67]/),
      })
  })

  it('ends where nobody waits for it any more', async () => {
    const notes = notesFile()
    const interruption = new AbortController()
    const connecting = begin(stubborn(notes).replace('echo SSH-2.0-test;', ''), interruption.signal)
    connecting.catch(() => {})
    await expect.poll(() => spawnSync('test', ['-s', notes]).status).toBe(0)
    interruption.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    await expect.poll(() => processesIn(notes).map(isAlive)).toEqual([false, false])
  })

  it('ends when we are killed', async () => {
    const notes = notesFile()
    const source = new URL('../../../src/host/proxy-command.ts', import.meta.url).href
    const program = `
      const { throughCommand } = await import(${JSON.stringify(source)})
      const target = ${JSON.stringify(sshTarget())}
      await throughCommand('node1', target, ${JSON.stringify(stubborn(notes))}, new AbortController().signal)
      console.log('through')`
    const us = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void us.kill('SIGKILL'))
    await new Promise((resolve) => us.stdout.once('data', resolve))
    expect(processesIn(notes).map(isAlive)).toEqual([true, true])
    us.kill('SIGKILL')
    await expect.poll(() => processesIn(notes).map(isAlive)).toEqual([false, false])
  })

  it('leaves nothing behind that watched over it, where it ends by itself', async () => {
    const notes = notesFile()
    const { socket } = await begin(`sh -c 'echo $$ >${notes}; echo SSH-2.0-test'`)
    const [session] = processesIn(notes)
    socket.resume()
    await expect.poll(() => statesIn(session).filter((state) => /^[^Z]/.test(state))).toEqual([])
  })
})
