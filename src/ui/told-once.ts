import type { Colors } from './colors.ts'
import { diffLines } from './diff.ts'
import { cleanLine } from './text.ts'

interface HostDiff {
  host: string
  diff?: string
}

interface FileDiff {
  host: string
  text: string
}

/**
 * Tells what one change does to the files of its hosts. What several of them get is shown once, also over several calls; what is much
 * like that is shown by its own lines alone.
 */
export function tellOnce(colors: Colors): (hosts: readonly HostDiff[]) => string[] {
  const shown = new Map<string, FileDiff[]>()

  function tellFile(path: string, versions: readonly (readonly FileDiff[])[]): string[] {
    return versions.flatMap((same) => {
      const [first] = same
      if (first === undefined) return []
      const before = shown.get(path) ?? []
      const hosts = namesOf(same)
      const equal = before.find(({ text }) => text === first.text)
      if (equal !== undefined) return [colors.dim(`${path} on ${hosts}: as on ${cleanLine(equal.host)}`)]
      shown.set(path, [...before, first])
      for (const model of before) {
        const own = ownLines(model.text, first.text)
        if (own === undefined) continue
        const note = `${path} on ${hosts}: as on ${cleanLine(model.host)}`
        return own.length === 0
          ? [colors.dim(note)]
          : [colors.dim(`${note}, but for`), ...diffLines(own.join('\n'), colors)]
      }
      const rest = same.length === 1 ? [] : [colors.dim(`same on ${namesOf(same.slice(1))}`)]
      return [
        ...(versions.length === 1 ? [] : [colors.dim(`on ${cleanLine(first.host)}:`)]),
        ...diffLines(first.text, colors),
        ...rest,
      ]
    })
  }

  return (hosts) => {
    const files = hosts.flatMap(({ host, diff = '' }) => filesOf(diff).map((text) => ({ host, text })))
    return [...Map.groupBy(files, ({ text }) => pathOf(text))].flatMap(([path, same]) =>
      tellFile(path, [...Map.groupBy(same, ({ text }) => text).values()]),
    )
  }
}

function namesOf(files: readonly FileDiff[]): string {
  return cleanLine(files.map(({ host }) => host).join(', '))
}

/** A diff may be of several files, one after the other. */
function filesOf(diff: string): string[] {
  return diff.split(/^(?=--- .*\n\+\+\+ )/m).filter((text) => text !== '')
}

function pathOf(text: string): string {
  return cleanLine(/^\+\+\+ ([^\t\n]*)/m.exec(text)?.[1] ?? '')
}

/** Changes of `text` that stand in place of, or beside, those of `model`; undefined: too many, or some are missing for which nothing stands. */
function ownLines(model: string, text: string): string[] | undefined {
  const [before, after] = [changedLines(model), changedLines(text)]
  const own = after.filter((line) => !before.includes(line))
  const replaced = new Set(own.map(subject))
  const isWithout = before.some((line) => !after.includes(line) && !replaced.has(subject(line)))
  return isWithout || own.length * 2 > after.length ? undefined : own
}

/** `+ETCD_NAME=`: what a line of an env file or a unit is about. */
function subject(line: string): string {
  return line.split('=', 1)[0] ?? ''
}

/** What stands around a change may differ: it is not what changes. */
function changedLines(diff: string): string[] {
  return diff.split('\n').filter((line) => /^[+-]/.test(line) && !/^(---|\+\+\+) /.test(line))
}
