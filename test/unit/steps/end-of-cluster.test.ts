import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Script } from '../../../src/host/host.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { removeFiles, setDataAside, stopForGood } from '../../../src/steps/end-of-cluster.ts'
import type { FileSeen, ReachedHost } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { cluster, host, stopped } from '../status/samples.ts'
import { putPrograms, runHere, temporaryFolder } from './local-script.ts'

const folderSeen: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', size: 1, modifiedS: 0 }
const dated = /^member\.\d{4}-\d\d-\d\dT\d{6}Z$/

let data: string
let wal: string
let of: Cluster

beforeEach(async () => {
  const folder = await temporaryFolder(onTestFinished)
  ;[data, wal] = [join(folder, 'data'), join(folder, 'wal')]
  const placed = cluster({ paths: { wal: '/srv/wal' } })
  // An inventory could not name a temporary folder.
  of = { ...placed, paths: { ...placed.paths, data, wal } }
  for (const at of [data, wal]) {
    await mkdir(join(at, 'member'), { recursive: true })
    await mkdir(join(at, 'lost+found'))
    await mkdir(join(at, 'member.2020-01-01T000000Z'))
    await writeFile(join(at, 'member', 'precious'), 'yes')
    await writeFile(join(at, 'notes.txt'), 'of a person')
  }
})

function changesOf(on: ReachedHost, purge: boolean) {
  const want: Wanted = { cluster: of, formation: { kind: 'bootstrap', token: '' }, members: new Map() }
  return setDataAside({ purge }).next(want, { hosts: new Map([['node1', on]]) })
}

const withData = (): ReachedHost => ({
  ...stopped(of, 'node1'),
  files: new Map([[`${data}/member`, folderSeen]]),
  dataEntries: ['member', 'lost+found'],
  walEntries: ['member', 'lost+found'],
})

describe.skipIf(process.platform !== 'linux')('data', () => {
  test('is renamed within its folder, that of the WAL too; what is beside it stays', async () => {
    const [change] = changesOf(withData(), false)
    expect(await runHere(change!.script)).toMatchObject({ code: 0 })
    for (const at of [data, wal]) {
      const entries = (await readdir(at)).toSorted()
      const [kept] = entries.filter((entry) => dated.test(entry) && !entry.includes('2020'))
      expect(entries).toEqual(['lost+found', 'member.2020-01-01T000000Z', kept, 'notes.txt'])
      expect(await readFile(join(at, kept ?? '', 'precious'), 'utf8')).toBe('yes')
    }
  })

  test('is deleted with --purge, also what was set aside; nothing else is', async () => {
    const [change] = changesOf(withData(), true)
    expect(await runHere(change!.script)).toMatchObject({ code: 0 })
    for (const at of [data, wal]) expect((await readdir(at)).toSorted()).toEqual(['lost+found', 'notes.txt'])
  })

  test('that was set aside before stays where it is, without --purge', () => {
    const aside: ReachedHost = {
      ...withData(),
      files: new Map(),
      dataEntries: ['member.2020-01-01T000000Z'],
      walEntries: [],
    }
    expect(changesOf(aside, false)).toEqual([])
    expect(changesOf(aside, true)).toHaveLength(1)
  })
})

describe.skipIf(process.platform !== 'linux')('files', () => {
  /** The files of a member below a folder that stands for `/`. */
  async function filled(): Promise<{ root: string; state: string; script: Script }> {
    const root = await temporaryFolder(onTestFinished)
    const placed = cluster()
    const at = layoutOf(placed)
    const ours = [at.unit, at.wrapper, at.binarySums, at.etcd, at.etcdctl, at.env, at.formed, join(at.tlsDir, 'ca.crt')]
    for (const file of ours) {
      await mkdir(join(root, dirname(file)), { recursive: true })
      await writeFile(join(root, file), '')
    }
    const files = new Map([[at.stateDir, folderSeen]])
    const want: Wanted = { cluster: placed, formation: { kind: 'bootstrap', token: '' }, members: new Map() }
    const [change = expect.fail()] = removeFiles.next(want, {
      hosts: new Map([['node1', { ...stopped(placed, 'node1'), files }]]),
    })
    const args = change.script.args?.map((path) => join(root, path)) ?? []
    return { root, state: join(root, at.stateDir), script: { ...change.script, args } }
  }

  async function left(root: string): Promise<string[]> {
    return (await readdir(root, { recursive: true })).filter((path) => /etcd/.test(path))
  }

  test('all go, whichever of its commands was the last one of a run that died: what tells the next run goes last', async () => {
    const programs = await temporaryFolder(onTestFinished)
    await putPrograms(programs, { systemctl: '' })
    for (let last = 1; ; last++) {
      const { root, state, script } = await filled()
      const dying = await temporaryFolder(onTestFinished)
      const counted = (name: string): string =>
        `echo >>${dying}/count; [ $(wc -l <${dying}/count) -lt ${last} ] || exec kill -9 $PPID; exec /bin/${name} "$@"`
      await putPrograms(dying, { systemctl: '', rm: counted('rm'), rmdir: counted('rmdir') })
      const died = await runHere(script, dying).then(
        ({ code }) => code !== 0,
        () => true,
      )
      // Nothing calls for another run then: an empty folder may stay, for which only the very last command is left.
      const isOver = !existsSync(state)
      if (!isOver) expect(await runHere(script, programs)).toMatchObject({ code: 0 })
      expect(await left(root), `before command ${last}`).toEqual(died && isOver ? ['var/lib/etcd-deploy'] : [])
      if (!died) break
    }
  })
})

test('binaries that another cluster pushed stay, and call for nothing', () => {
  const placed = cluster()
  const at = layoutOf(placed)
  const want: Wanted = { cluster: placed, formation: { kind: 'bootstrap', token: '' }, members: new Map() }
  const sums = (owner: string): [string, FileSeen] => [
    at.binarySums,
    { ...folderSeen, type: 'file', text: `# Managed by etcd-deploy for cluster ${owner}; x\n# etcd 3.6.16\n` },
  ]
  const removal = (...files: [string, FileSeen][]) =>
    removeFiles.next(want, { hosts: new Map([['node1', { ...stopped(placed, 'node1'), files: new Map(files) }]]) })[0]
  expect(removal(sums('events'))).toBeUndefined()
  expect(removal(sums('events'), [at.stateDir, folderSeen])?.script.args).not.toContain(at.binarySums)
  expect(removal(sums(placed.name))?.script.args).toContain(at.binarySums)
})

test('a member that runs, or would at the next boot, is stopped for good; one that does neither is left', () => {
  const unitFile = new Map([[layoutOf(of).unit, { ...folderSeen, type: 'file' as const }]])
  const want: Wanted = { cluster: of, formation: { kind: 'bootstrap', token: '' }, members: new Map() }
  const hosts = new Map([
    ['node1', host(of, 'node1', { files: unitFile })],
    ['node2', { ...stopped(of, 'node2'), files: unitFile }],
    ['node3', { ...stopped(of, 'node3', { enabled: false }), files: unitFile }],
  ])
  expect(stopForGood.next(want, { hosts }).map((change) => change.host)).toEqual(['node1', 'node2'])
})
