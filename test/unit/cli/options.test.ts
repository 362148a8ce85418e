import { expect, test } from 'vitest'
import { givenFlags, type ChangeOptions } from '../../../src/cli/options.ts'

test.each<[ChangeOptions, string[]]>([
  [{}, []],
  // What may cost quorum, and whom to trust, is no matter of --yes.
  [{ yes: true }, ['--yes']],
  [{ allowDowntime: true }, ['--allow-downtime']],
  [{ acceptNewHostKeys: true }, ['--accept-new-host-keys']],
  [
    { yes: true, allowDowntime: true, acceptNewHostKeys: true },
    ['--yes', '--allow-downtime', '--accept-new-host-keys'],
  ],
])('%j answers %j and no other question', (options, flags) => {
  expect([...givenFlags(options)]).toEqual(flags)
})
