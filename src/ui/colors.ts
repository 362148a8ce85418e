type Style = (text: string) => string

export interface Colors {
  bold: Style
  dim: Style
  red: Style
  green: Style
  yellow: Style
  cyan: Style
}

export const noColors: Colors = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

export type Environment = Readonly<Record<string, string | undefined>>

/** Colours only on a terminal, and never against NO_COLOR (https://no-color.org); FORCE_COLOR wants them elsewhere. */
export function wantsColors(isTTY: boolean, env: Environment): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  return isTTY && env.TERM !== 'dumb'
}

/** chalk is loaded only where there is something to colour. */
export async function loadColors(wanted: boolean): Promise<Colors> {
  if (!wanted) return noColors
  const { Chalk } = await import('chalk')
  return new Chalk({ level: 1 })
}

function same(text: string): string {
  return text
}
