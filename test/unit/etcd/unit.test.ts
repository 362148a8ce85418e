import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { layoutOf } from '../../../src/etcd/layout.ts'
import { unitText } from '../../../src/etcd/unit.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { cluster } from '../status/samples.ts'

const of = cluster({ paths: { data: '/srv/data', wal: '/srv/wal' } })

function linesOf(wanted: Cluster, systemd = 252): string[] {
  const [node] = wanted.nodes
  if (node === undefined) throw new Error('a node')
  return unitText(wanted, node, systemd).split('\n')
}

describe('the unit', () => {
  test.each([
    ['waits for the file systems of data and WAL', 'RequiresMountsFor=/srv/data /srv/wal'],
    ['is ready with quorum', 'Type=notify'],
    ['waits for the others as long as it takes', 'TimeoutStartSec=0'],
    ['may have many files open', 'LimitNOFILE=65536'],
    ['comes before others at the processor', 'Nice=-10'],
    ['and at the disk, within best effort', 'IOSchedulingClass=best-effort'],
    ['and at the disk, there first but for one', 'IOSchedulingPriority=2'],
    ['starts at boot', 'WantedBy=multi-user.target'],
  ])('%s: %s', (_, line) => {
    expect(linesOf(of)).toContain(line)
  })

  test('groups of system calls only where systemd knows them', () => {
    expect(linesOf(of, 238).join('\n')).not.toContain('SystemCallFilter=')
    expect(linesOf(of, 239).join('\n')).toContain('SystemCallFilter=@system-service')
  })

  test('etcd cannot reach the mark that it was ready, where systemd can leave it itself', () => {
    const ready = layoutOf(of).readyDir
    const [older, newer] = [linesOf(of, 230).join('\n'), linesOf(of, 231).join('\n')]
    expect(newer).toMatch(/^ExecStartPre=\+\/bin\/sh -c/m)
    expect(newer).toMatch(/^ExecStartPost=\+\/bin\/sh -c/m)
    expect(newer).toMatch(/^ReadWritePaths=\/srv\/data \/srv\/wal$/m)
    expect(older).toMatch(new RegExp(`^ReadWritePaths=/srv/data /srv/wal ${ready}$`, 'm'))
    expect(older).not.toContain('=+')
  })

  test('lines of the inventory come last in its service', () => {
    const lines = linesOf(cluster({ service: { dropIn: ['MemoryHigh=2G'] } }))
    expect(lines.indexOf('MemoryHigh=2G')).toBeGreaterThan(lines.indexOf('Nice=-10'))
    expect(lines.indexOf('MemoryHigh=2G')).toBeLessThan(lines.indexOf('[Install]'))
  })
})

/** The commands of the unit, moved into a folder of this machine, run as systemd runs them. */
describe.skipIf(process.platform !== 'linux')('a member that was ready once', () => {
  function scene() {
    const root = mkdtempSync(join(tmpdir(), 'etcd-deploy-unit-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    const at = (path: string): string => join(root, path)
    const command = (name: string): string[] => {
      const line = linesOf(of).find((each) => each.startsWith(`${name}=`)) ?? ''
      const [, script = ''] = /-c '(.*)'$/.exec(line) ?? []
      return ['-c', script.replaceAll(/\/(srv|var\/lib)\//g, (path) => `${root}${path}`)]
    }
    const wasReady = at(layoutOf(of).wasReady)
    mkdirSync(dirname(wasReady), { recursive: true })
    for (const folder of ['/srv/data/member/snap', '/srv/wal/member']) mkdirSync(at(folder), { recursive: true })
    return {
      becomesReady: () => execFileSync('/bin/sh', command('ExecStartPost')),
      starts: () => spawnSync('/bin/sh', command('ExecStartPre'), { encoding: 'utf8' }),
      lose: (path: string) => rmSync(at(path), { recursive: true }),
    }
  }

  test('starts with its data', () => {
    const { becomesReady, starts } = scene()
    becomesReady()
    expect(starts()).toMatchObject({ status: 0, stderr: '' })
  })

  test.each(['/srv/data/member', '/srv/data', '/srv/wal/member', '/srv/wal'])('refuses without %s', (gone) => {
    const { becomesReady, starts, lose } = scene()
    becomesReady()
    lose(gone)
    const { status, stderr } = starts()
    expect(status).toBe(1)
    expect(stderr).toMatch(/refusing to start: .* its data is not in .*; is a file system not mounted\?/)
  })

  test('and one that never was ready starts without any', () => {
    const { starts, lose } = scene()
    lose('/srv/data/member')
    lose('/srv/wal/member')
    expect(starts().status).toBe(0)
  })
})
