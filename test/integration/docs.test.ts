import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandLines } from '../docs/command-lines.ts'
import { pages } from '../docs/pages.ts'
import { labReset, labUp } from '../lab/lab.ts'
import { certificates } from './docs/certificates.ts'
import { everyDay } from './docs/every-day.ts'
import { follow, outdated, type Followed } from './docs/follow.ts'
import { guides } from './docs/guides.ts'
import { members } from './docs/members.ts'
import { readerAt, type Reader } from './docs/reader.ts'
import { newSite, type Site } from './support/site.ts'
import { hasTurn } from './support/turn.ts'

type PagesOf = (site: Site, reader: Reader) => Record<string, Followed>

/** Each has a folder and a home of its own; its pages go on where the one before has ended. */
const groups = await Promise.all([
  group('docs: every day', everyDay),
  group('docs: every day', guides),
  group('docs: certificates', certificates),
  group('docs: members', members),
])
const all = groups.flatMap(({ followed }) => followed)

afterAll(() => groups.forEach(({ site }) => site.remove()))

test('every page that has commands is followed, and nothing is said of others', () => {
  expect(all.map(([page]) => page).toSorted()).toEqual(pages.filter((page) => commandLines(page).length > 0).toSorted())
  expect(all.flatMap(([page, followed]) => outdated(page, followed))).toEqual([])
})

for (const { inTurn, reader, followed } of groups)
  describe.runIf(inTurn)('typed in the order of the page', () => {
    beforeAll(async () => {
      await labUp({ hosts: 5 })
      reader.moveIn()
    })
    afterAll(() => labReset(['node1', 'node2', 'node3', 'node4', 'node5']))

    test.each(followed)('%s', { timeout: 600_000 }, (page, told) => follow(page, reader, told))
  })

async function group(turn: Parameters<typeof hasTurn>[0], pagesOf: PagesOf) {
  const site = await newSite({ nodes: ['node1', 'node2', 'node3'], cluster: 'prod' })
  const reader = readerAt(site)
  return { inTurn: hasTurn(turn), site, reader, followed: Object.entries(pagesOf(site, reader)) }
}
