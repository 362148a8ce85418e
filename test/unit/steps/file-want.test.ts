import { describe, expect, test } from 'vitest'
import { bytesContent, differing, putFiles, seenOnce, textFile, type FileWant } from '../../../src/steps/file-want.ts'
import type { FileSeen, Seen } from '../../../src/steps/seen.ts'
import { cluster, stopped } from '../status/samples.ts'

const rights = { mode: 0o640, owner: 'root', group: 'etcd' }
const settings = textFile('/etc/etcd/etcd.env', 'A=1\nB=2\n', rights)
const key: FileWant = { path: '/k', ...rights, shows: 'secret', content: bytesContent(Buffer.from('-----KEY sesame')) }

function seen(files: Record<string, FileSeen>): Seen {
  return { hosts: new Map([['node1', { ...stopped(cluster(), 'node1'), files: new Map(Object.entries(files)) }]]) }
}

const change = (files: Record<string, FileSeen>, wants: FileWant[]) => putFiles(seen(files), 'node1', 'install', wants)
const formerKey: FileSeen = { ...seenOnce(key), sha256: 'of another', text: 'former sesame' }

describe('what a person is shown of a difference', () => {
  test('settings: line by line', () => {
    const former = { ...seenOnce(settings), sha256: 'former', text: 'A=1\nB=1\n' }
    const { diff, why } = change({ [settings.path]: former }, [settings])
    expect(diff).toContain(' A=1\n-B=1\n+B=2\n')
    expect(why).toBe('/etc/etcd/etcd.env differs')
  })

  test.each([
    ['a new key', {}, undefined],
    ['a key that differs', { '/k': formerKey }, '--- /k\n+++ /k\n@@ a private key: not shown @@\n'],
  ])('%s: never the key', (_, files, diff) => {
    const planned = change(files, [key])
    expect(planned.diff).toBe(diff)
    const { script: _script, ...told } = planned
    expect(JSON.stringify(told)).not.toContain('sesame')
  })
})

test.each<[string, Partial<FileSeen> | undefined, string]>([
  ['missing', undefined, '/k missing'],
  ['other bytes', { sha256: 'x' }, '/k differs'],
  ['another mode', { mode: 0o644 }, '/k mode 0644 instead of 0640'],
  ['another owner', { owner: 'ana' }, '/k owner ana:etcd instead of root:etcd'],
  ['another group', { group: 'ana' }, '/k owner root:ana instead of root:etcd'],
])('a file is put right: %s', (_, parts, why) => {
  const files: Record<string, FileSeen> = parts === undefined ? {} : { '/k': { ...seenOnce(key), ...parts } }
  expect(change(files, [key]).why).toBe(why)
  expect(differing({ ...stopped(cluster(), 'node1'), files: new Map(Object.entries(files)) }, [key])).toEqual([key])
})

test('what was put right is seen to be so, and then nothing differs', () => {
  const before = seen({ '/k': formerKey })
  const after = putFiles(before, 'node1', 'install', [key, settings]).predict(before)
  const on = after.hosts.get('node1')
  expect(on?.kind === 'reached' && differing(on, [key, settings])).toEqual([])
})
