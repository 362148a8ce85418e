import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunEvent } from '../../src/engine/events.ts'
import { eventOnLine } from './kill-events.ts'

/** What is run: the one place that says where the command line is. */
const program = fileURLToPath(import.meta.resolve('../../bin/etcd-deploy.js'))
const killSwitch = import.meta.resolve('./kill-switch.ts')

export interface RunOptions {
  /** Stops the run at this event that counts (1 is the first); needs `--json` among the arguments. */
  killAt?: number
  /** SIGKILL. */
  signal?: 'SIGKILL' | 'SIGINT' | 'SIGTERM'
  /** Added to this process's own; undefined takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** On standard input, which is never a terminal and ends after it. */
  input?: string
  /** Then the run is killed and this rejects with what it said. */
  timeoutMs: number
  program?: string
}

export interface Run {
  /** null where a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Of a run with `--json`. */
  events: RunEvent[]
  seconds: number
}

export function runEtcdDeploy(args: string[], options: RunOptions): Promise<Run> {
  const { killAt, signal = 'SIGKILL', timeoutMs } = options
  if (killAt !== undefined && !args.includes('--json')) throw new Error('the kill switch reads the events of --json')
  const preload = killAt === undefined ? [] : ['--import', killSwitch]
  const kill = killAt === undefined ? {} : { KILL_AT: String(killAt), KILL_SIGNAL: signal }
  const begun = performance.now()
  const child = spawn(process.execPath, [...preload, options.program ?? program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...kill, ...options.env },
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // The run may end without reading what it was given.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  return new Promise((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
      // A program that it started may hold the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
    }, timeoutMs)
    child.on('error', reject)
    child.on('close', (code, ended) => {
      clearTimeout(timer)
      const seconds = (performance.now() - begun) / 1000
      const said = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
      const events = said.stdout.split('\n').flatMap((line) => eventOnLine(line) ?? [])
      if (!late) return resolve({ code, signal: ended, ...said, events, seconds })
      const last = `${said.stdout}\n${said.stderr}`.trim().split('\n').slice(-20).join('\n')
      reject(new Error(`etcd-deploy ${args.join(' ')} did not end within ${timeoutMs} ms:\n${last}`))
    })
  })
}
