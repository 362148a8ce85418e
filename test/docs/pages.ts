import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Everything that people read: README.md and docs/, by their paths from the root. */
export const pages: readonly string[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).toSorted()]

export interface Placed {
  page: string
  line: number
  text: string
}

/** A fenced block; `text` without the indentation that it has in a list. */
interface Block extends Placed {
  language: string
}

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

export function blocksOf(page: string): Block[] {
  const fences = [...read(page).matchAll(/^( *)```(.*)\n([^]*?)^ *```$/gm)]
  return fences.map(({ index, input, 1: indent = '', 2: language = '', 3: text = '' }) => ({
    page,
    line: lineAt(input, index) + 1,
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** Code within a sentence; a line end in it is a space, and a table's `\|` a `|`. */
export function inlineCode(page: string): Placed[] {
  const found = [...proseOf(page).matchAll(/`([^`]+)`/g)]
  return found.map(({ index, input, 1: text = '' }) => ({
    page,
    line: lineAt(input, index),
    text: text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('\\|', '|'),
  }))
}

/** `text` is what it leads to. */
export function linksOf(page: string): Placed[] {
  const found = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
  return found.map(({ index, input, 1: text = '' }) => ({ page, line: lineAt(input, index), text }))
}

/** As GitHub makes them of headings. */
export function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.*)$/gm)]
  return headings.map(({ 1: heading = '' }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Fenced blocks emptied, so that every line keeps its number. */
function proseOf(page: string): string {
  return read(page).replaceAll(/^ *```[^]*?^ *```$/gm, (block) => block.replaceAll(/[^\n]/g, ''))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
