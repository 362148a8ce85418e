import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faults } from '../integration/support/faults.ts'
import { withoutChance } from '../integration/support/without-chance.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/messages.md'), 'utf8')
const names: string[] = Object.values(faults).flat()

test('every fault is on the page, in the order of the list, and nothing else is', () => {
  expect([...page.matchAll(/^### (.*)$/gm)].map(([, name]) => name)).toEqual(names)
  expect([...page.matchAll(/^## (.*)$/gm)].map(([, symptom]) => symptom)).toEqual(Object.keys(faults))
})

test('every fault is provoked by a test', () => {
  const folder = join(root, 'test/integration')
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
  const texts = tests.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
  expect(names.filter((name) => !texts.includes(`'${name}'`))).toEqual([])
})

test('every entry says what to do, and how the command ended', () => {
  for (const entry of page.split(/^### /m).slice(1)) {
    expect(entry).toMatch(/^`etcd-deploy [a-z -]+`, exit code (0|1|2|3|130):$/m)
    if (!entry.includes('exit code 0')) expect(entry).toMatch(/^ {4}next {6}\S/m)
  }
})

test('nothing of the lab, and nothing that is another one in each run, is on it', () => {
  expect(withoutChance(page)).toBe(page)
})
