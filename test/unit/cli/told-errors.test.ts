import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CommonOptions } from '../../../src/cli/options.ts'
import { plan } from '../../../src/cli/plan.ts'
import { snapshotSave } from '../../../src/cli/snapshot.ts'
import { status } from '../../../src/cli/status.ts'
import { up } from '../../../src/cli/up.ts'

const missing = '/nowhere/inventory.ts'
let said: { stdout: string; stderr: string }

beforeEach(() => {
  said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    })
})
afterEach(() => vi.restoreAllMocks())

describe.each<[string, (options: CommonOptions) => Promise<number>, 'one object' | 'events']>([
  ['up', up, 'events'],
  ['plan', plan, 'events'],
  ['status', status, 'one object'],
  ['snapshot save', (options) => snapshotSave('backup.db', options), 'one object'],
])('%s that fails', (_, run, stdout) => {
  test('tells programs on stdout, once, and nobody else', async () => {
    expect(await run({ inventory: missing, json: true })).toBe(2)
    const lines = said.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(lines.filter(({ type }) => type === 'error')).toMatchObject([
      { v: 1, error: { message: expect.stringContaining(missing), exitCode: 2 } },
    ])
    if (stdout === 'one object') expect(lines).toHaveLength(1)
    expect(said.stderr).not.toContain(missing)
  })

  test('tells people on stderr, and leaves stdout alone', async () => {
    expect(await run({ inventory: missing })).toBe(2)
    expect(said.stderr.split(missing)).toHaveLength(2)
    expect(said.stdout).toBe('')
  })
})
