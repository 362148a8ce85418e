import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClusterStatus } from '../../src/status/model.ts'
import { hostOutput, killHost, startHost, type NodeName } from '../lab/lab.ts'
import { freshlyUp } from './support/freshly-up.ts'
import type { Site } from './support/site.ts'
import { hasTurn } from './support/turn.ts'

const inTurn = hasTurn('status --watch')
const hosts: NodeName[] = ['node1', 'node2', 'node3']
const program = fileURLToPath(import.meta.resolve('../../bin/etcd-deploy.js'))
let site: Site

beforeAll(async () => {
  site = await freshlyUp(hosts)
})
afterAll(() => site.remove())

interface Watch {
  states(): ClusterStatus[]
  until(isSo: (last: ClusterStatus) => boolean): Promise<void>
  end(): Promise<number | null>
}

function watch(...args: string[]): Watch {
  const words = [program, 'status', '-i', site.file, '--json', '--watch', ...args]
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...site.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const states = (): ClusterStatus[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ClusterStatus)
  return {
    states,
    async until(isSo) {
      for (let tries = 0; tries < 600; tries++) {
        const last = states().at(-1)
        if (last !== undefined && isSo(last)) return
        await sleep(100)
      }
      throw new Error(`not so within a minute:\n${stdout}`)
    },
    end() {
      child.kill('SIGINT')
      return ended
    },
  }
}

const health = (status: ClusterStatus, name: string): string | undefined =>
  status.members.find((member) => member.name === name)?.health
const isWell = ({ exitCode }: ClusterStatus): boolean => exitCode === 0

test.runIf(inTurn)('a cluster at rest: told once, over one login to each host, however often it is read', async () => {
  const logins = (): Promise<string> =>
    hostOutput('node1', "journalctl -u ssh --grep 'Accepted ' -q --no-pager | grep -c deploy || true")
  const before = Number(await logins())
  const watching = watch('1s')
  await watching.until(isWell)
  await sleep(8000)
  expect(Number(await logins()) - before).toBe(1)
  expect(watching.states().filter(isWell)).toHaveLength(watching.states().length)
  expect(watching.states().length).toBeLessThanOrEqual(2)
  expect(await watching.end()).toBe(130)
})

test.runIf(inTurn)(
  'a member that stops, and a host that goes and comes back',
  async () => {
    const watching = watch()
    await watching.until(isWell)
    await hostOutput('node2', 'systemctl stop etcd')
    await watching.until((last) => health(last, 'node2') === 'stopped')
    await hostOutput('node2', 'systemctl start etcd')
    await watching.until(isWell)
    await killHost('node3')
    await watching.until((last) => last.members.some(({ name, hostReached }) => name === 'node3' && !hostReached))
    await startHost('node3')
    await watching.until(isWell)
    expect(await watching.end()).toBe(130)
  },
  180_000,
)

test.runIf(inTurn)('nothing of it runs on the hosts after Ctrl-C', async () => {
  const watching = watch('1s')
  await watching.until(isWell)
  await watching.end()
  await sleep(500)
  for (const host of hosts) expect(await hostOutput(host, 'pgrep -c -u deploy sshd || true'), host).toBe('0\n')
})
