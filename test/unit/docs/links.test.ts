import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, linksOf, pages, root } from '../../docs/pages.ts'

const all = [...pages, 'CONTRIBUTING.md', 'CHANGELOG.md', 'test/full-result.md']

test.each(all)('%s: every link leads to a file that is there, and to a heading in it', (page) => {
  const links = linksOf(page).filter(({ text }) => !/^https?:/.test(text))
  expect(links.map(brokenLink).filter((problem) => problem !== undefined)).toEqual([])
})

test('every page is linked to from another one', () => {
  const targets = all.flatMap((page) => linksOf(page).map(({ text }) => pathOf(page, text)))
  expect(pages.filter((page) => page !== 'README.md' && !targets.includes(page))).toEqual([])
})

function brokenLink({ page, line, text }: ReturnType<typeof linksOf>[number]): string | undefined {
  const path = pathOf(page, text)
  const anchor = text.split('#')[1]
  if (!existsSync(join(root, path))) return `${page}:${line} ${text}: there is no ${path}`
  if (anchor === undefined || anchorsOf(path).includes(anchor)) return undefined
  return `${page}:${line} ${text}: ${path} has no such heading`
}

function pathOf(page: string, link: string): string {
  const [path = ''] = link.split('#')
  return path === '' ? page : relative(root, join(root, dirname(page), path))
}
