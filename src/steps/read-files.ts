import type { FileSeen, ReachedHost } from './seen.ts'

/** Files and folders by path; text and SHA-256 where they were read. */
export function readFiles(stat: string[], sums: string[], text: string[]): Map<string, FileSeen> {
  const files = new Map<string, FileSeen>()
  for (const line of stat) {
    const [path, kind, mode, owner, group, size, modified] = line.split('|')
    if (path === undefined || kind === undefined || modified === undefined) continue
    const type = kind === 'directory' ? 'directory' : kind.startsWith('regular') ? 'file' : 'other'
    const numbers = { mode: Number.parseInt(mode ?? '', 8), size: Number(size), modifiedS: Number(modified) }
    files.set(path, { type, owner: owner ?? '', group: group ?? '', ...numbers })
  }
  for (const line of sums) {
    const file = files.get(line.slice(66))
    if (file !== undefined) file.sha256 = line.slice(0, 64)
  }
  for (const line of text) {
    const end = line.indexOf(':')
    const file = files.get(line.slice(0, end))
    if (file !== undefined) file.text = `${file.text ?? ''}${line.slice(end + 1)}\n`
  }
  return files
}

export function readSpace(lines: string[]): ReachedHost['space'] {
  return new Map(
    lines.map((line) => {
      const [path = '', free, fileSystem = ''] = line.split(' ')
      return [path, { freeKiB: Number(free), fileSystem }]
    }),
  )
}

/** Of a folder: each comes with a dot in front. */
export function readEntries(lines: string[]): string[] {
  return lines.map((line) => line.slice(1))
}
