import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runEtcdDeploy, type Run } from '../instruments/run-cli.ts'
import { hostOutput, killHost, startHost, type NodeName } from '../lab/lab.ts'
import { freshlyUp } from './support/freshly-up.ts'
import { newSite, type Site } from './support/site.ts'
import { hasTurn } from './support/turn.ts'
import { untilHealthy } from './support/until-healthy.ts'

const inTurn = hasTurn('exec and logs')
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const program = fileURLToPath(import.meta.resolve('../../bin/etcd-deploy.js'))
let site: Site

beforeAll(async () => {
  site = await freshlyUp(hosts)
})
afterAll(() => site.remove())

function run(command: 'exec' | 'logs', args: string[], at: Site = site): Promise<Run> {
  return runEtcdDeploy([command, '-i', at.file, ...args], { timeoutMs: 60_000, env: at.env })
}

const sorted = (text: string): string[] => text.trim().split('\n').toSorted()

/** Started, and ended by Ctrl-C once it has said something of every host. */
async function interrupted(args: string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...site.env } })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.resume()
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  for (let tries = 0; tries < 200 && !hosts.every((host) => stdout.includes(`${host} | `)); tries++) await sleep(100)
  child.kill('SIGINT')
  return { code: await ended, stdout }
}

describe.runIf(inTurn)('exec', () => {
  test('as the login, and as root where it is asked for', async () => {
    expect(sorted((await run('exec', ['--', 'id', '-un'])).stdout)).toEqual(hosts.map((host) => `${host} | deploy`))
    expect(sorted((await run('exec', ['--sudo', '--', 'id', '-un'])).stdout)).toEqual(
      hosts.map((host) => `${host} | root`),
    )
  })

  test('by a sudo that wants a password, and as root itself', async () => {
    for (const user of ['ops', 'root'] as const) {
      const other = await newSite({ nodes: ['node1'], user })
      const { code, stdout, stderr } = await run('exec', ['--sudo', '--', 'id', '-u'], other)
      other.remove()
      expect([code, stdout], stderr).toEqual([0, 'node1 | 0\n'])
    }
  })

  test('words are words: nothing in them is executed', async () => {
    const words = ['$(touch /tmp/made)', "'; touch /tmp/made; '", '`touch /tmp/made`', '-n', '*']
    const { stdout } = await run('exec', ['--on', 'node1', '--sudo', '--', 'printf', '%s\\n', ...words])
    expect(stdout).toBe(words.map((word) => `node1 | ${word}\n`).join(''))
    expect(await hostOutput('node1', 'ls /tmp/made 2>/dev/null || echo none')).toBe('none\n')
  })

  test('stderr apart, the worst exit code, and who said it', async () => {
    const { code, stdout, stderr } = await run('exec', [
      '--',
      'sh',
      '-c',
      'echo oh >&2; [ "$(hostname)" != node2 ] || exit 9',
    ])
    expect([code, stdout]).toEqual([9, ''])
    expect(sorted(stderr)).toEqual([...hosts.map((host) => `${host} | oh`), '✖ node2: exit code 9'])
  })

  test('300 MB on one line go through a small heap', async () => {
    const words = ['sh', '-c', 'head -c 300000000 /dev/zero | tr "\\0" x']
    const child = spawn(
      process.execPath,
      ['--max-old-space-size=96', program, 'exec', '-i', site.file, '--on', 'node1', '--', ...words],
      {
        env: { ...process.env, ...site.env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let bytes = 0
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) bytes += chunk.length
    expect(bytes).toBeGreaterThan(300_000_000)
    expect(child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)))).toBe(0)
  })

  test('Ctrl-C: 130, and nothing runs on the hosts any more', async () => {
    const words = ['sh', '-c', 'echo up; trap "" TERM; sleep 4711 & sleep 4711; sleep 4711']
    const { code } = await interrupted(['exec', '-i', site.file, '--sudo', '--', ...words])
    expect(code).toBe(130)
    for (const host of hosts) expect(await hostOutput(host, 'pgrep -cf "sleep 471[1]" || true'), host).toBe('0\n')
  })

  test('a controller that is killed leaves nothing running', async () => {
    const words = ['exec', '-i', site.file, '--', 'sleep', '4712']
    const child = spawn(process.execPath, [program, ...words], { env: { ...process.env, ...site.env } })
    for (const host of hosts)
      await hostOutput(host, 'for i in $(seq 100); do pgrep -f "sleep 471[2]" && break; sleep 0.1; done')
    child.kill('SIGKILL')
    for (const host of hosts)
      expect(
        await hostOutput(
          host,
          'for i in $(seq 50); do pgrep -f "sleep 471[2]" >/dev/null || { echo gone; break; }; sleep 0.1; done',
        ),
        host,
      ).toBe('gone\n')
  })

  test('a host that is down is told of and counts as 1', async () => {
    await killHost('node3')
    try {
      const { code, stdout, stderr } = await run('exec', ['--', 'echo', 'hi'])
      expect([code, sorted(stdout)]).toEqual([1, ['node1 | hi', 'node2 | hi']])
      expect(stderr).toContain('node3')
    } finally {
      await startHost('node3')
      await untilHealthy(async () => (await run('exec', ['--on', 'node3', '--', 'true'])).code === 0)
    }
  })
})

describe.runIf(inTurn)('logs', () => {
  test('of every host, as deploy by sudo', async () => {
    const { code, stdout, stderr } = await run('logs', [])
    expect(code, stderr).toBe(0)
    for (const host of hosts) expect(stdout).toMatch(new RegExp(`^${host} \\| \\d{4}-.*etcd\\[`, 'm'))
    for (const host of hosts)
      expect(stdout.split('\n').filter((line) => line.startsWith(host)).length).toBeLessThanOrEqual(101)
  })

  test('--since: what is older is left out', async () => {
    await sleep(2000)
    const { code, stdout } = await run('logs', ['--since', '1s', '--on', 'node1'])
    expect(code).toBe(0)
    expect(stdout).not.toMatch(/Started|became leader/)
    expect((await run('logs', ['--since', 'nonsense', '--on', 'node1'])).code).toBe(1)
  })

  test('--follow goes on with what comes, until Ctrl-C', async () => {
    const { code } = await interrupted(['logs', '-i', site.file, '--follow'])
    expect(code).toBe(130)
    for (const host of hosts) expect(await hostOutput(host, 'pgrep -c journalctl || true'), host).toBe('0\n')
  })
})
