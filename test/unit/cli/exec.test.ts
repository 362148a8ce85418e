import { beforeEach, expect, test, vi } from 'vitest'
import { journalWords } from '../../../src/cli/logs.ts'
import { connectAll } from '../../../src/host/connect.ts'
import { inventoryFile, localHost, switchedOff, toldBy, type Targets } from './local-hosts.ts'

vi.mock('../../../src/host/connect.ts')

let connectedTo: Targets = new Map()
let connecting: AbortSignal
let off: string[] = []

beforeEach(() => {
  off = []
  vi.mocked(connectAll).mockImplementation((targets, { signal }) => {
    connecting = signal
    connectedTo = targets as Targets
    const names = [...targets.keys()]
    return Promise.resolve(
      new Map(names.map((name) => [name, off.includes(name) ? switchedOff(name) : localHost(name)])),
    )
  })
})

const file = inventoryFile()
const exec = (...args: string[]) => toldBy(['exec', '-i', file, ...args])
const sorted = (text: string): string[] => text.trim().split('\n').toSorted()

test('the command runs on every host, its words as they are; stdout and stderr stay apart', async () => {
  const { code, stdout, stderr } = await exec('--', 'sh', '-c', 'echo "$1"; echo oh >&2', 'sh', '--on $(id)')
  expect(code).toBe(0)
  expect(sorted(stdout)).toEqual(['node1 | --on $(id)', 'node2 | --on $(id)', 'node3 | --on $(id)'])
  expect(sorted(stderr)).toEqual(['node1 | oh', 'node2 | oh', 'node3 | oh'])
})

test('--on: on these hosts alone, and no other is connected to', async () => {
  expect((await exec('--on', 'node3', '--', 'echo', 'hi')).stdout).toBe('node3 | hi\n')
  expect([...connectedTo.keys()]).toEqual(['node3'])
  expect(await exec('--on', 'nod3', '--', 'true')).toMatchObject({ code: 2, stderr: expect.stringContaining('node3') })
})

test('as the login, unless root is asked for', async () => {
  await exec('--', 'true')
  expect([...connectedTo.values()].map(({ sudo }) => sudo)).toEqual([false, false, false])
  await exec('--sudo', '--', 'true')
  expect([...connectedTo.values()].map(({ sudo }) => sudo)).toEqual([{}, {}, {}])
  const noSudo = inventoryFile({ ssh: { user: 'deploy', sudo: false, agent: false, config: false } })
  const refused = await toldBy(['exec', '-i', noSudo, '--sudo', '--', 'true'])
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('ssh.sudo') })
})

test('the worst exit code is the answer, with who said it', async () => {
  const { code, stderr } = await exec('--on', 'node1,node2', '--', 'sh', '-c', 'exit 7')
  expect(code).toBe(7)
  expect(stderr).toBe('✖ node1, node2: exit code 7\n')
})

test('a host that is out of reach is told of and counts as 1; the others run it', async () => {
  off = ['node2']
  const { code, stdout, stderr } = await exec('--', 'echo', 'hi')
  expect(code).toBe(1)
  expect(sorted(stdout)).toEqual(['node1 | hi', 'node3 | hi'])
  expect(stderr).toMatch(/node2: no answer within 5 s/)
  off = ['node2', 'node3']
  expect((await exec('--', 'sh', '-c', 'exit 3')).code).toBe(3)
  expect((await exec('--', 'true')).stderr).toMatch(/2 of 3 hosts did not answer/)
})

test('a line for a shell in one word: it is said how to run one', async () => {
  const { code, stderr } = await exec('--on', 'node1', '--', 'df -h | tail')
  expect(code).toBe(127)
  expect(stderr).toContain('exec -- sh -c LINE')
})

test('--json: every line, how each host ended, and the end', async () => {
  off = ['node2']
  const { code, stdout, stderr } = await exec('--json', '--on', 'node1,node2', '--', 'sh', '-c', 'echo hi; exit 4')
  expect([code, stderr]).toEqual([4, ''])
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  expect(events).toMatchObject([
    { v: 1, type: 'line', host: 'node1', stream: 'stdout', text: 'hi' },
    { v: 1, type: 'exit', host: 'node1', exitCode: 4 },
    { v: 1, type: 'error', error: { host: 'node2', message: 'no answer within 5 s' } },
    { v: 1, type: 'end', exitCode: 4 },
  ])
})

test('Ctrl-C ends the commands and answers 130', async () => {
  let pid = ''
  let sent = false
  const { code, stderr } = await toldBy(
    ['exec', '-i', file, '--on', 'node1', '--', 'sh', '-c', 'echo $$; exec sleep 60'],
    (all) => {
      if (sent) return
      sent = true
      pid = /\| (\d+)/.exec(all)?.[1] ?? ''
      setImmediate(() => process.emit('SIGINT', 'SIGINT'))
    },
  )
  expect([code, stderr]).toEqual([130, ''])
  // An abort of what has made the connection would cut it, before the command is told to end.
  expect(connecting.aborted).toBe(false)
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH')
})

test('without a command it says how it is called', async () => {
  expect(await exec()).toMatchObject({ code: 2, stderr: expect.stringContaining('exec --help') })
})

test.each([
  [{}, ['--lines=100']],
  [{ since: '10m' }, ['--lines=all', '--since=-10m']],
  [{ since: '1h30m', follow: true as const }, ['--lines=all', '--since=-1h30m', '--follow']],
  [{ since: '2026-11-21T12:00:00Z' }, ['--lines=all', '--since=@1795262400']],
  [{ since: '2026-11-21T13:00:00+01:00' }, ['--lines=all', '--since=@1795262400']],
  [{ since: '2026-11-21 12:00' }, ['--lines=all', '--since=2026-11-21 12:00']],
  [{ since: '$(id)' }, ['--lines=all', '--since=$(id)']],
])('logs %j asks journalctl for %j', (options, last) => {
  const words = journalWords('etcd-events', options)
  expect(words).toContain('--unit=etcd-events.service')
  expect(words.slice(-last.length)).toEqual(last)
})

test('logs reads as root, and refuses an empty --since', async () => {
  expect((await toldBy(['logs', file, '--since', ''])).code).toBe(2)
  expect([...connectedTo.values()].map(({ sudo }) => sudo)).toEqual([{}, {}, {}])
})
