import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keysAt } from '../../../src/inventory/schema-keys.ts'
import { blocksOf, inlineCode, pages, type Placed } from '../../docs/pages.ts'

/** Whole inventories, parts of one in a block, and parts within a sentence: those that leave nothing to the reader. */
const blocks = pages
  .flatMap(blocksOf)
  .filter(({ language, text }) => language === 'ts' && !text.includes('definePlaybook'))
const phrases = pages.flatMap(inlineCode).filter(({ text }) => beginsWithKey(text) && !/'…'|\{ \w+ \}/.test(text))
const all = [...blocks, ...phrases]

/** By the file's name. */
let problems: Record<string, string>
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-documented-'))
  const files = all.map(fileOf)
  for (const [index, each] of all.entries()) writeFileSync(join(folder, files[index] ?? ''), whole(each))
  // In a Node of its own: inside vitest an import is not Node's.
  const script = `
    const { loadInventory } = await import(${JSON.stringify(new URL('../../../src/inventory/load.ts', import.meta.url).href)})
    const problems = {}
    for (const file of ${JSON.stringify(files)})
      await loadInventory(file, { connects: false }).catch(({ message, problems: each = [] }) => {
        problems[file] = [message, ...each.map(({ message }) => message)].join('\\n')
      })
    console.log(JSON.stringify(problems))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  problems = JSON.parse(stdout) as typeof problems
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(all)('$page:$line is taken: $text', (each) => {
  expect(problems[fileOf(each)]).toBeUndefined()
})

test('there are some of each kind', () => {
  expect(blocks.filter(({ text }) => isWhole(text)).length).toBeGreaterThan(5)
  expect(blocks.filter(({ text }) => !isWhole(text)).length).toBeGreaterThan(1)
  expect(phrases.length).toBeGreaterThan(10)
})

function fileOf({ page, line, text }: Placed): string {
  return `${page.replaceAll('/', '-')}-${line}-${text.replaceAll(/\W+/g, '-').slice(0, 40)}.ts`
}

function isWhole(text: string): boolean {
  return text.includes('export default')
}

function whole({ text }: Placed): string {
  if (isWhole(text)) return text
  const part = text.replace('https://…', 'https://files.example.com')
  // The flag of etcd that older versions alone have.
  const version = text.includes('enable-v2') ? '3.5.30' : '3.6.16'
  return `export default { cluster: 'prod', version: '${version}', nodes: { node1: { address: '10.0.0.1' } }, ${part} }`
}

function beginsWithKey(text: string): boolean {
  return keysAt([]).includes(/^(\w+): /.exec(text)?.[1] ?? '')
}
