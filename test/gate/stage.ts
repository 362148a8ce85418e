import { spawn } from 'node:child_process'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface Stage extends Counts {
  name: string
  seconds: number
}

/** Runs one part of the checks; its time and how it ended are printed, and kept for the end. */
export async function stage(name: string, work: () => Promise<Counts>): Promise<Stage> {
  console.log(`\n▸ ${name}`)
  const begun = performance.now()
  const counts = await work()
  const ended = { name, seconds: (performance.now() - begun) / 1000, ...counts }
  console.log(stageLine(ended))
  return ended
}

export function stageLine({ name, seconds, ...counts }: Stage): string {
  const mark = counts.failed > 0 ? '✗' : counts.passed > 0 ? '✓' : '–'
  return `${mark} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s   ${countsText(counts)}`
}

/** What was skipped is named where there is something. */
export function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

export function total(parts: Counts[]): Counts {
  const sum = (key: keyof Counts) => parts.reduce((all, part) => all + part[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}

/** One npm script, right or wrong as a whole; what it said is shown when it is wrong. */
export async function npmScript(script: string): Promise<Counts> {
  const { code, output } = await quiet('npm', ['run', '--silent', script])
  if (code !== 0) console.log(output.trimEnd())
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

function quiet(program: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output).toString('utf8') }))
  })
}
