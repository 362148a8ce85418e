import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Fence, Host } from '../../../src/host/host.ts'
import { hostOutput, labUp, onHost } from '../../lab/lab.ts'
import { logIn, runOptions, target } from './lab-hosts.ts'

beforeAll(async () => {
  await labUp({ hosts: 3 })
})

let folders = 0
function fenceOf(token: string, dir = `/run/etcd-deploy-test-${process.pid}-${++folders}`): Fence {
  return { dir, token, holder: `${token}@test, up` }
}

/** A controller that has the lock and a change under way. */
async function otherController(user: string, fence: Fence, changeAfterSeconds: number): Promise<ChildProcess> {
  const script = new URL('controller.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, 'node1', user, fence.dir, String(changeAfterSeconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

async function take(host: Host, fence: Fence) {
  const lock = await host.lock(fence, [{ text: 'hostname' }], runOptions())
  if (lock.kind === 'locked') onTestFinished(() => lock.release())
  return lock
}

async function changed(fence: Fence): Promise<boolean> {
  return (await onHost('node1', `test -e ${fence.dir}/changed`)).code === 0
}

describe.each(['root', 'deploy', 'ops'] as const)('the lock, taken as %s', (user) => {
  it('keeps a second controller out until it is released', async () => {
    const [first, second] = await Promise.all([
      logIn(target('node1', user), onTestFinished),
      logIn(target('node1'), onTestFinished),
    ])
    const ana = fenceOf('ana')
    const ben = fenceOf('ben', ana.dir)
    const lock = await take(first, ana)
    expect(lock).toMatchObject({ kind: 'locked', result: { blocks: [{ code: 0, stdout: 'node1\n' }] } })
    expect(await take(second, ben)).toEqual({ kind: 'held-by-other', holder: 'ana@test, up' })
    expect((await first.run([{ text: 'echo mine' }], runOptions({ fence: ana }))).blocks[0]?.stdout).toBe('mine\n')
    await expect(second.run([{ text: ':' }], runOptions({ fence: ben }))).rejects.toThrow(/lock/)
    if (lock.kind === 'locked') await lock.release()
    expect((await take(second, ben)).kind).toBe('locked')
    await expect(first.run([{ text: ':' }], runOptions({ fence: ana }))).rejects.toThrow(/lock/)
  })

  it('of a killed controller is free at once, and nothing that it left running changes anything', async () => {
    const host = await logIn(target('node1', user), onTestFinished)
    const fence = fenceOf('next')
    const controller = await otherController(user, fence, 3)
    controller.kill('SIGKILL')
    const startedMs = performance.now()
    expect((await take(host, fence)).kind).toBe('locked')
    expect(performance.now() - startedMs).toBeLessThan(1500)
    await sleep(3500)
    expect(await changed(fence)).toBe(false)
    expect((await onHost('node1', `fuser ${fence.dir}/scripts.lock`)).stdout.trim()).toBe('')
  })
})

it('of a holder that was killed too, what still runs is ended before the next has it', async () => {
  const host = await logIn(target('node1', 'deploy'), onTestFinished)
  const fence = fenceOf('next')
  await otherController('ops', fence, 3)
  await hostOutput('node1', `kill -9 "$(sed -n 2p ${fence.dir}/holder)"`)
  expect((await take(host, fence)).kind).toBe('locked')
  await sleep(3500)
  expect(await changed(fence)).toBe(false)
})

it('of a controller that gives no sign of life is free after 60 s at the latest, and its script is ended', async () => {
  const host = await logIn(target('node1'), onTestFinished)
  const fence = fenceOf('next')
  const controller = await otherController('root', fence, 70)
  controller.kill('SIGSTOP')
  const silentSinceMs = performance.now()
  expect(await take(host, fence)).toMatchObject({ kind: 'held-by-other', holder: `controller ${controller.pid}` })
  await expect.poll(async () => (await take(host, fence)).kind, { timeout: 70_000, interval: 500 }).toBe('locked')
  expect(performance.now() - silentSinceMs).toBeLessThan(60_000)
  expect((await onHost('node1', 'pgrep -f "^sleep 70"')).stdout).toBe('')
  // Awake again, it finds that it has lost the lock and can change nothing
  controller.kill('SIGCONT')
  const [code] = (await once(controller, 'exit')) as [number]
  expect(code).not.toBe(0)
  expect(await changed(fence)).toBe(false)
})

it('is told as lost when the connection ends', async () => {
  const host = await logIn(target('node2'), onTestFinished)
  const lock = await host.lock(fenceOf('ana'), [], runOptions())
  await onHost('node2', 'pkill -KILL -f "^sshd: root@notty"')
  expect(lock.kind === 'locked' && (await lock.lost).message).toMatch(/connection .* was lost/)
  await expect(host.run([{ text: ':' }], runOptions())).rejects.toThrow(/connection .* was lost/)
})
