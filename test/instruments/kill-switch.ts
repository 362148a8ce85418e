/**
 * Preloaded into a run of the product with `--json` (`node --import`), so that the product needs no hook: at the n-th
 * event that counts (KILL_AT) the process gets KILL_SIGNAL from itself, right behind that event's line and before any
 * other of its code runs.
 */
import { eventOnLine, isKillEvent } from './kill-events.ts'

const killAt = Number(process.env['KILL_AT'])
const signal = process.env['KILL_SIGNAL'] ?? 'SIGKILL'
const write = process.stdout.write
let seen = 0
let begun = ''

function writeAndCount(this: typeof process.stdout, ...args: Parameters<typeof write>): boolean {
  const [chunk] = args
  // A pipe is written at once where its buffer has room: the line is out before the signal.
  const more = write.apply(this, args)
  const lines = (begun + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n')
  begun = lines.pop() ?? ''
  for (const line of lines) {
    const event = eventOnLine(line)
    if (event !== undefined && isKillEvent(event.type) && ++seen === killAt) process.kill(process.pid, signal)
  }
  return more
}

process.stdout.write = writeAndCount as typeof write
