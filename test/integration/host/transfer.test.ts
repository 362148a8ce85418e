import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { FilePut } from '../../../src/host/host.ts'
import { hostOutput, labUp, onHost } from '../../lab/lab.ts'
import { logIn, runOptions, target } from './lab-hosts.ts'

beforeAll(async () => {
  await labUp({ hosts: 3 })
})

const big = randomBytes(22_000_000)
const source = join(mkdtempSync(join(tmpdir(), 'transfer-')), 'big')
writeFileSync(source, big)

function put(path: string, more: Partial<FilePut> = {}): FilePut {
  const sha256 = createHash('sha256').update(big).digest('hex')
  return {
    path,
    content: { kind: 'file', path: source, size: big.length, sha256 },
    mode: 0o750,
    owner: 'deploy',
    group: 'sudo',
    ...more,
  }
}

it('sends large files to three hosts at once, checked, with owner and mode', async () => {
  const names = ['node1', 'node2', 'node3'] as const
  const users = ['root', 'deploy', 'ops'] as const
  const hosts = await Promise.all(names.map((name, index) => logIn(target(name, users[index]), onTestFinished)))
  const startedMs = performance.now()
  const results = await Promise.all(
    hosts.map((host) =>
      host.run(
        [{ text: 'mkdir -p /opt/transfer-test; install_files', files: [put('/opt/transfer-test/big')] }],
        runOptions(),
      ),
    ),
  )
  const tookMs = performance.now() - startedMs
  expect(results.map((result) => result.blocks)).toEqual(names.map(() => [{ code: 0, stdout: '' }]))
  for (const name of names) {
    onTestFinished(async () => void (await onHost(name, 'rm -rf /opt/transfer-test')))
    expect(await hostOutput(name, 'stat -c "%U:%G %a %s" /opt/transfer-test/big; ls -A /opt/transfer-test')).toBe(
      `deploy:sudo 750 ${big.length}\nbig\n`,
    )
  }
  console.log(`22 MB to each of three hosts at once: ${(tookMs / 1000).toFixed(2)} s`)
  expect(tookMs).toBeLessThan(6000)
})

it('hands a large stdout over as it is', async () => {
  const host = await logIn(target('node1', 'ops'), onTestFinished)
  const hash = createHash('sha256')
  const text = 'head -c 30000000 /dev/urandom | tee /dev/shm/random; sha256sum </dev/shm/random >&2; rm /dev/shm/random'
  const { stderr } = await host.run([{ text }], runOptions({ stdoutTo: (chunk) => void hash.update(chunk) }))
  expect(stderr.split(' ')[0]).toBe(hash.digest('hex'))
})

it('a connection that ends on the way is an error, and leaves no part of a file', async () => {
  const host = await logIn(target('node2', 'deploy'), onTestFinished)
  await hostOutput('node2', 'mkdir -p /opt/transfer-test')
  onTestFinished(async () => void (await onHost('node2', 'rm -rf /opt/transfer-test')))
  let cut = false
  const onUpload = (): void => {
    if (!cut) void onHost('node2', 'pkill -KILL -f "^sshd: deploy@notty"')
    cut = true
  }
  const files = Array.from({ length: 20 }, (_, index) => put(`/opt/transfer-test/big${index}`))
  const running = host.run([{ text: 'echo on the way >&2; install_files', files }], runOptions({ onUpload }))
  await expect(running).rejects.toMatchObject({
    message: expect.stringMatching(/was lost/),
    tried: 'test',
    host: 'node',
  })
  await expect.poll(async () => hostOutput('node2', 'ls -A /opt/transfer-test'), { timeout: 10_000 }).toBe('')
})
