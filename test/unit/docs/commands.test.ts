import type { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { releaseUrls } from '../../../src/binaries/release.ts'
import { commandLines } from '../../docs/command-lines.ts'
import { blocksOf, inlineCode, pages, read, type Placed } from '../../docs/pages.ts'
import { commandNames, misuse } from '../../docs/parse-call.ts'
import { shellCalls } from '../../docs/shell-calls.ts'

const names = commandNames()
const firstWords = new Set(names.map((name) => name.split(' ')[0]))
const notThereYet = ['upgrade', 'adopt']
/** etcd's own words, not ours. */
const quoted = ['member count is unequal']

describe.each(pages.flatMap(commandLines))('$page:$line $text', ({ text }) => {
  const calls = shellCalls(text)

  test('a shell finds in it what it calls', () => {
    expect(calls).not.toEqual([])
    const ours = text.match(/\betcd-deploy(?= [a-z-])/g) ?? []
    expect(calls.filter(([program]) => program === 'etcd-deploy')).toHaveLength(ours.length)
  })

  test('it is taken as it stands', async () => {
    for (const [program = '', ...words] of calls) {
      if (program === 'etcd-deploy') expect(await misuse(words)).toBeUndefined()
      if (program === 'npm' && words[0] === 'run') expect(Object.keys(manifest.scripts)).toContain(words[1])
    }
  })
})

test('what is typed is found, and stands in blocks that say so', () => {
  expect(commandLines('README.md').map(({ text }) => text)).toEqual(
    expect.arrayContaining(['npm run demo', 'etcd-deploy up inventory.ts', 'etcd-deploy snapshot save etcd.db']),
  )
  const others = pages.flatMap(blocksOf).filter(({ language }) => !['sh', 'crontab'].includes(language))
  expect(others.filter(({ text }) => /^(\$ )?(etcd-deploy|npx|npm) /m.test(text))).toEqual([])
})

test.each(pages)('%s: what it mentions is there, and takes what is said of it', async (page) => {
  const wrong: string[] = []
  for (const { line, text, whole } of inlineCode(page).flatMap(mentions)) {
    const problem = await misuse(text.split(' '))
    if (problem !== undefined && !(isShort(text, problem) && (!whole || isName(text))))
      wrong.push(`${page}:${line} \`${text}\`: ${problem.message}`)
  }
  expect(wrong).toEqual([])
})

test('what is fetched by hand for a mirror is what would be downloaded', () => {
  const fetched = commandLines('docs/air-gapped.md').flatMap(({ text }) => /^curl -LO (.*)$/.exec(text)?.[1] ?? [])
  expect(fetched).toEqual(Object.values(releaseUrls({ kind: 'official' }, { version: '3.6.16', arch: 'amd64' })))
})

test.each(notThereYet)('%s is promised as long as it is not there', (name) => {
  const isPromised = pages.some((page) => read(page).includes(`\`etcd-deploy ${name}\`, not there yet`))
  expect(isPromised).toBe(!firstWords.has(name))
})

test("README's table has every command", () => {
  const table = inlineCode('README.md').flatMap(mentions)
  expect(names.filter((name) => !table.some(({ text }) => text === name || text.startsWith(`${name} `)))).toEqual([])
})

/** `whole`: as it is typed, with `etcd-deploy` before it. */
function mentions({ text, ...at }: Placed): (Placed & { whole: boolean })[] {
  const typed = /^(?:eval "\$\()?(?:npx )?etcd-deploy ([^)]+)/.exec(text)?.[1]
  const words = typed ?? text
  if (typed === undefined && !firstWords.has(words.split(' ')[0])) return []
  if ([...notThereYet, ...quoted].includes(words) || words.endsWith(' …')) return []
  return alternatives(words).map((each) => ({ ...at, text: each, whole: typed !== undefined }))
}

/** `certs list|issue` is two. */
function alternatives(words: string): string[] {
  const [, before = '', choice = '', after = ''] = /^(.* )?(\S+\|\S+)(.*)$/.exec(words) ?? []
  return choice === '' ? [words] : choice.split('|').map((each) => `${before}${each}${after}`)
}

/** A command spoken of by its name alone, an option without what it takes. */
function isShort(words: string, { code }: Partial<CommanderError>): boolean {
  if (isName(words)) return true
  if (code === 'commander.optionMissingArgument') return /--\S+$/.test(words)
  return code === 'commander.missingArgument' || code === 'commander.missingMandatoryOptionValue'
}

/** Of a command, or of a group of them. */
function isName(words: string): boolean {
  return names.some((name) => name === words || name.startsWith(`${words} `))
}
