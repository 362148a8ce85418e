import type { Emit } from '../engine/events.ts'
import { loadColors, wantsColors, type Environment } from './colors.ts'

/** Shows a run while it goes on. */
export interface Renderer {
  emit: Emit
  /** Runs `work` (a question) with the terminal to itself. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** After the last event; leaves the terminal as it was found, also when the run broke off. */
  close(): Promise<void>
}

export type RendererName = 'terminal' | 'plain' | 'json'

/** `isTTY`: of stderr, where progress goes; stdout only carries what was asked for. */
export function chooseRenderer(wanted: {
  json: boolean
  isTTY: boolean
  env: Environment
  /** Every command gets a line of its own, which a live view has no room for. */
  verbose?: boolean
}): RendererName {
  if (wanted.json) return 'json'
  const isDumb = wanted.env.TERM === 'dumb'
  const isCi = wanted.env.CI !== undefined && wanted.env.CI !== '' && wanted.env.CI !== 'false'
  return wanted.isTTY && !isDumb && !isCi && wanted.verbose !== true ? 'terminal' : 'plain'
}

/** Loads only what the chosen one needs. */
export async function openRenderer(
  name: RendererName,
  { env, verbose = false }: { env: Environment; verbose?: boolean },
): Promise<Renderer> {
  const { stdout, stderr } = process
  if (name === 'json') return (await import('./json.ts')).jsonRenderer((line) => stdout.write(line))
  const colors = await loadColors(wantsColors(stderr.isTTY, env))
  if (name === 'plain')
    return (await import('./plain.ts')).plainRenderer((line) => stderr.write(line), { colors, verbose })
  return (await import('./terminal/terminal.ts')).terminalRenderer({ stream: stderr, other: stdout, colors })
}
