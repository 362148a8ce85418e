import { spawn } from 'node:child_process'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  input?: string
  cwd?: string
  env?: Record<string, string | undefined>
  timeoutMs?: number
}

/** A failure that the lab foresees: its message alone is shown. */
export class LabError extends Error {}

/** dockerd, debootstrap and ip are where a plain user's, or su's, PATH does not look. */
export const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }

/** Runs a program to its end; a program that can't be started counts as exit code 127, as in a shell. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...environment, ...options.env },
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }))
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 128, stdout: text(stdout), stderr: text(stderr) + (signal ? `ended by ${signal}` : '') })
    })
    // The program may end without reading what it was given.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
  })
}

/** Like run, but anything other than exit code 0 is an error; answers stdout. */
export async function mustRun(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options)
  if (code === 0) return stdout
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
  throw new LabError(`${program} ${args.join(' ')} ended with ${code}:\n${said}`)
}

function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
