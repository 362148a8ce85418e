import type { Colors } from './colors.ts'
import { lineCutter, type LineCutter } from './line-cutter.ts'
import { clean, pad, widthOf } from './text.ts'

type Stream = 'stdout' | 'stderr'

/** What commands on several hosts print, line by line, each with its host. */
export interface HostLines {
  add(host: string, stream: Stream, bytes: Uint8Array): Promise<void> | undefined
  /** The last line of a host may have no end. */
  end(host: string): void
}

export interface HostLinesOptions {
  hosts: readonly string[]
  form: LineForm
  /** The answer is pending while the stream takes no more. */
  write: (stream: Stream, text: string) => Promise<void> | undefined
}

/** `stream`: where the line goes to, `from`: where it comes from. */
export interface LineForm {
  stream: (from: Stream) => Stream
  line: (host: string, from: Stream, text: string) => string
}

export function hostLines({ hosts, form, write }: HostLinesOptions): HostLines {
  const streams = ['stdout', 'stderr'] as const
  const cutters = new Map(
    hosts.map((host): [string, Record<Stream, LineCutter>] => [host, { stdout: lineCutter(), stderr: lineCutter() }]),
  )
  function tell(host: string, from: Stream, lines: readonly string[]): Promise<void> | undefined {
    if (lines.length === 0) return undefined
    return write(form.stream(from), lines.map((text) => form.line(host, from, text)).join(''))
  }
  return {
    add: (host, from, bytes) => tell(host, from, cutters.get(host)?.[from].add(bytes) ?? []),
    end(host) {
      for (const from of streams) void tell(host, from, cutters.get(host)?.[from].end() ?? [])
    },
  }
}

/** For people: names aligned, coloured by host; on a terminal or not, nothing of a host's reaches it but text. */
export function linesForPeople(hosts: readonly string[], colors: Record<Stream, Colors>): LineForm {
  const width = Math.max(0, ...hosts.map(widthOf))
  return {
    stream: (from) => from,
    line(host, from, text) {
      const { cyan, green, yellow, bold, red, dim } = colors[from]
      const styles = [cyan, green, yellow, bold]
      const style = styles[hosts.indexOf(host) % styles.length] ?? bold
      const bar = from === 'stderr' ? red('|') : dim('|')
      return `${style(pad(host, width))} ${bar} ${harmless(text)}`.trimEnd() + '\n'
    },
  }
}

/** Tabs stay: programs cut at them. */
function harmless(text: string): string {
  return text.split('\t').map(clean).join('\t')
}

/** For programs: JSON lines, all on stdout. */
export function linesForPrograms(now: () => Date = () => new Date()): LineForm {
  return {
    stream: () => 'stdout',
    line: (host, stream, text) => hostEvent({ type: 'line', host, stream, text }, now()),
  }
}

export type HostEvent =
  | { type: 'line'; host: string; stream: Stream; text: string }
  | { type: 'exit'; host: string; exitCode: number }
  | { type: 'end'; exitCode: number }

export function hostEvent(event: HostEvent, time: Date): string {
  return `${JSON.stringify({ v: 1, time: time.toISOString(), ...event })}\n`
}
