import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ConfirmHostKey } from '../../../src/host/host-key.ts'
import { hostKeyCheck } from '../../../src/host/host-key.ts'
import { ecdsa, ed25519, keyBytes, line, otherEd25519 } from './host-keys.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'known-hosts-')), 'known_hosts')
})

async function check(text: string, options: { host?: string; port?: number; confirm?: ConfirmHostKey } = {}) {
  await writeFile(file, text)
  const place = { host: options.host ?? '10.0.0.1', port: options.port ?? 22, knownHosts: [file] }
  return hostKeyCheck('node1', place, options.confirm)
}

const nobody: ConfirmHostKey = async () => {
  throw new Error('nobody is to be asked')
}

describe('a known key', () => {
  it.each([
    ['is trusted without a question', line('10.0.0.1', ed25519), 22],
    ['on another port', line('[10.0.0.1]:2222', ed25519), 2222],
    ['known without its port', line('10.0.0.1', ed25519), 2222],
    ['beside another key of the same type', line('10.0.0.1', otherEd25519) + line('10.0.0.1', ed25519), 22],
    ['beside a certificate authority', line('*', otherEd25519, '@cert-authority ') + line('10.0.0.1', ed25519), 22],
    ['beside another that is revoked', line('*', otherEd25519, '@revoked ') + line('10.0.0.1', ed25519), 22],
  ])('%s', async (_, text, port) => {
    await expect((await check(text, { port, confirm: nobody })).verify(keyBytes(ed25519))).resolves.toBeUndefined()
  })

  it('has its type offered first', async () => {
    const { algorithms } = await check(line('10.0.0.1', ecdsa))
    expect(algorithms[0]).toBe('ecdsa-sha2-nistp256')
    expect(algorithms).toContain('ssh-ed25519')
  })
})

describe('stops, exit code 3', () => {
  it('at a changed key, naming the line and both fingerprints', async () => {
    const text = `# first line\n${line('10.0.0.1', otherEd25519)}`
    await expect((await check(text, { confirm: async () => true })).verify(keyBytes(ed25519))).rejects.toMatchObject({
      exitCode: 3,
      host: 'node1',
      message: expect.stringContaining('CHANGED'),
      answered: [
        `${file}:2 holds ssh-ed25519 ${otherEd25519.fingerprint}`,
        `the host showed ssh-ed25519 ${ed25519.fingerprint}`,
      ].join('\n'),
    })
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it.each([
    ['a key of another type than the known one', line('10.0.0.1', ecdsa), /CHANGED/],
    ['a revoked key', line('10.0.0.1', ed25519) + line('*', ed25519, '@revoked '), /revoked/],
    [
      'a host that only a certificate authority vouches for',
      line('10.0.0.*', otherEd25519, '@cert-authority '),
      /certificate authority/,
    ],
  ])('at %s', async (_, text, message) => {
    const verifying = (await check(text, { confirm: async () => true })).verify(keyBytes(ed25519))
    await expect(verifying).rejects.toMatchObject({ exitCode: 3, message: expect.stringMatching(message) })
  })

  it('at a key that is revoked for the host, whatever its port', async () => {
    const text = line('[10.0.0.1]:2222', ed25519) + line('10.0.0.1', ed25519, '@revoked ')
    const verifying = (await check(text, { port: 2222 })).verify(keyBytes(ed25519))
    await expect(verifying).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('revoked') })
  })

  it('at an unknown key when nobody can be asked, naming the flag', async () => {
    await expect((await check(line('10.0.0.2', ed25519))).verify(keyBytes(ed25519))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(ed25519.fingerprint),
      next: expect.arrayContaining([expect.stringContaining('--accept-new-host-keys')]),
    })
  })
})

describe('an unknown key', () => {
  it('is shown, and remembered in a file of mode 0600 when it is accepted', async () => {
    const shown: string[][] = []
    const confirm: ConfirmHostKey = async (...what) => shown.push(what) > 0
    const checking = await hostKeyCheck(
      'node1',
      { host: '10.0.0.1', port: 2222, knownHosts: [join(file, '..', 'new', 'known_hosts'), file] },
      confirm,
    )
    await checking.verify(keyBytes(ed25519))
    expect(shown).toEqual([['10.0.0.1', ed25519.fingerprint, 'ssh-ed25519']])
    const written = join(file, '..', 'new', 'known_hosts')
    expect(await readFile(written, 'utf8')).toBe(line('[10.0.0.1]:2222', ed25519))
    expect((await stat(written)).mode & 0o777).toBe(0o600)
  })

  it('is added to a file whose last line has no end, whose mode stays', async () => {
    const checking = await check(line('10.0.0.2', ecdsa).trimEnd(), { confirm: async () => true })
    await chmod(file, 0o644)
    await checking.verify(keyBytes(ed25519))
    expect(await readFile(file, 'utf8')).toBe(line('10.0.0.2', ecdsa) + line('10.0.0.1', ed25519))
    expect((await stat(file)).mode & 0o777).toBe(0o644)
  })

  it('is not remembered when it is refused', async () => {
    const checking = await check('', { confirm: async () => false })
    await expect(checking.verify(keyBytes(ed25519))).rejects.toMatchObject({ exitCode: 3 })
    expect(await readFile(file, 'utf8')).toBe('')
  })
})
