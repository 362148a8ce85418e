import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ConfirmHostKey } from '../../../src/host/host-key.ts'
import { hostKeyCheck } from '../../../src/host/host-key.ts'
import { ecdsa, ed25519, hashed, keyBytes, line, otherEd25519 } from './host-keys.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'known-hosts-')), 'known_hosts')
})

/** node2 is on its way from 10.0.0.2 to 10.0.0.9, where it answers. */
async function check(text: string, { old = '10.0.0.2', confirm = nobody, knownHosts = [file] } = {}) {
  await writeFile(file, text)
  return hostKeyCheck('node2', { host: '10.0.0.9', port: 22, knownHosts }, confirm, [
    { host: old, port: 22, knownHosts: [file] },
  ])
}

const nobody: ConfirmHostKey = async () => {
  throw new Error('nobody is to be asked')
}

describe('a key that is known at another place of the host', () => {
  it.each([
    ['by its name there', line('10.0.0.2', ed25519)],
    ['beside an older one', line('10.0.0.2', otherEd25519) + line('10.0.0.2', ed25519)],
    [
      'where an authority vouches for the name here',
      line('10.0.0.9', ecdsa, '@cert-authority ') + line('*.2', ed25519),
    ],
  ])('%s is trusted without a question, and remembered here', async (_, text) => {
    await (await check(text)).verify(keyBytes(ed25519))
    expect(await readFile(file, 'utf8')).toBe(text + line('10.0.0.9', ed25519))
  })

  it('may stand there under a hashed name', async () => {
    const text = line(hashed['node1.example.com'], ed25519)
    await (await check(text, { old: 'node1.example.com' })).verify(keyBytes(ed25519))
    expect(await readFile(file, 'utf8')).toBe(text + line('10.0.0.9', ed25519))
  })

  it('has its type offered first', async () => {
    expect((await check(line('10.0.0.2', ecdsa))).algorithms[0]).toBe('ecdsa-sha2-nistp256')
  })

  it('is not written again where it is known here', async () => {
    const text = line('10.0.0.2,10.0.0.9', ed25519)
    await (await check(text)).verify(keyBytes(ed25519))
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('is trusted although it can’t be remembered', async () => {
    const checking = await check(line('10.0.0.2', ed25519), { knownHosts: ['/proc/known_hosts'] })
    await expect(checking.verify(keyBytes(ed25519))).resolves.toBeUndefined()
  })
})

describe('stops, exit code 3', () => {
  it.each([
    ['of the same type', otherEd25519],
    ['of another type', ecdsa],
  ])('at another host: its key, %s, is not the one known', async (_, known) => {
    const text = `# first line\n${line('10.0.0.2', known)}`
    await expect((await check(text)).verify(keyBytes(ed25519))).rejects.toMatchObject({
      exitCode: 3,
      host: 'node2',
      message: 'the host that answers at 10.0.0.9 is not node2: it has another host key',
      answered: [
        `${file}:2 holds ${known.type} ${known.fingerprint} for node2 at 10.0.0.2`,
        `the host at 10.0.0.9 showed ssh-ed25519 ${ed25519.fingerprint}`,
      ].join('\n'),
      next: expect.arrayContaining([expect.stringContaining(`ssh-keygen -R '10.0.0.2' -f ${file}`)]),
    })
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('at a key that changed under its own name, and says that it is known elsewhere', async () => {
    const text = line('10.0.0.2', ed25519) + line('10.0.0.9', otherEd25519)
    await expect((await check(text)).verify(keyBytes(ed25519))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('CHANGED'),
      answered: [
        `${file}:2 holds ssh-ed25519 ${otherEd25519.fingerprint}`,
        `the host showed ssh-ed25519 ${ed25519.fingerprint}, which ${file}:1 holds for node2 at another address`,
      ].join('\n'),
      next: expect.arrayContaining([expect.stringContaining(`ssh-keygen -R '10.0.0.9' -f ${file}`)]),
    })
  })

  it('at a key that is revoked for another of its names, though known here', async () => {
    const text = line('10.0.0.9', ed25519) + line('10.0.0.2', ed25519, '@revoked ')
    await expect((await check(text)).verify(keyBytes(ed25519))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('revoked'),
    })
  })
})

it('a host that is known nowhere is asked about under the name where it answers', async () => {
  const shown: string[][] = []
  const checking = await check(line('10.0.0.3', otherEd25519), { confirm: async (...what) => shown.push(what) > 0 })
  await checking.verify(keyBytes(ed25519))
  expect(shown).toEqual([['10.0.0.9', ed25519.fingerprint, 'ssh-ed25519']])
  expect(await readFile(file, 'utf8')).toBe(line('10.0.0.3', otherEd25519) + line('10.0.0.9', ed25519))
})
