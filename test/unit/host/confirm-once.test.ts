import { expect, it } from 'vitest'
import { confirmOnce } from '../../../src/host/confirm-once.ts'

it('a second key is another host’s, once one was accepted', async () => {
  const asked: string[] = []
  const confirm = confirmOnce('node2', async (host) => asked.push(host) > 0, 2, 1000)
  expect(await confirm.at(0)('10.0.0.9', 'SHA256:one', 'ssh-ed25519')).toBe(true)
  await expect(confirm.at(1)('10.0.0.2', 'SHA256:two', 'ssh-ed25519')).rejects.toMatchObject({
    exitCode: 3,
    host: 'node2',
    message: 'the host that answers at 10.0.0.2 is not node2: it has another host key',
    answered: '10.0.0.9 showed ssh-ed25519 SHA256:one, which was accepted\n10.0.0.2 showed ssh-ed25519 SHA256:two',
  })
  expect(asked).toEqual(['10.0.0.9'])
})

it('where one key was declined, another is asked about', async () => {
  const confirm = confirmOnce('node2', async (_, fingerprint) => fingerprint === 'SHA256:two', 2, 1000)
  expect(await confirm.at(0)('10.0.0.9', 'SHA256:one', 'ssh-ed25519')).toBe(false)
  expect(await confirm.at(1)('10.0.0.2', 'SHA256:two', 'ssh-ed25519')).toBe(true)
})

it('one place waits for a better one only as long as that may still ask', async () => {
  const confirm = confirmOnce('node2', async () => true, 2, 60_000)
  const answer = confirm.at(1)('10.0.0.2', 'SHA256:two', 'ssh-ed25519')
  confirm.settled(0)
  expect(await answer).toBe(true)
})
