import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect } from '../../../src/host/connect.ts'
import { deadline } from '../../../src/host/deadline.ts'
import { loginFailure } from '../../../src/host/openssh-failure.ts'
import { questions } from '../../../src/host/openssh-questions.ts'
import { Secret } from '../../../src/secret.ts'
import { sshTarget } from './target.ts'

const target = sshTarget({ host: '10.0.0.1', port: 2222, knownHosts: ['/k/known_hosts'], key: ['/k/id'] })
const nothingAsked: Parameters<typeof loginFailure>[3] = { unknownKey: () => undefined, unanswered: () => [] }
const failure = (log: string, stderr = '', asked = nothingAsked) =>
  loginFailure('node1', target, { log, stderr }, asked)

describe('what ssh says', () => {
  it.each([
    ['ssh: Could not resolve hostname x: Name or service not known', 'the name is not known to DNS'],
    ['ssh: Could not resolve hostname x: Temporary failure in name resolution', 'no DNS server answered'],
    ['ssh: connect to host 10.0.0.1 port 2222: Connection refused', 'the connection was refused'],
    ['ssh: connect to host 10.0.0.1 port 2222: No route to host', 'no route leads to the host'],
    ['ssh: connect to host 10.0.0.1 port 2222: Network is unreachable', 'no route leads to its network'],
    ['ssh: connect to host 10.0.0.1 port 2222: Connection timed out', 'no answer'],
    ['ana@10.0.0.1: Permission denied (publickey,password).', 'let ana in by none of the ways tried'],
    ['something that nobody foresaw', 'broke before the login was done'],
  ])('%s', (log, message) => {
    expect(failure(log)).toMatchObject({
      host: 'node1',
      message: expect.stringContaining(message),
      tried: expect.stringContaining('10.0.0.1'),
      answered: log,
      next: [expect.stringMatching(/./)],
      exitCode: 1,
    })
  })

  it.each([
    ['WARNING: REVOKED HOST KEY DETECTED!\nHost key verification failed.', 'the host key is revoked'],
    ['WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.', 'has CHANGED'],
    ['Host key verification failed.', 'ssh did not accept the host key'],
  ])('of host keys, which refuses: %s', (log, message) => {
    expect(failure(log)).toMatchObject({
      message: expect.stringContaining(message),
      tried: 'checking the host key of [10.0.0.1]:2222',
      answered: log,
      exitCode: 3,
    })
  })

  it('where a new connection was dropped is no failure yet, but a program that made none is', () => {
    const log = 'kex_exchange_identification: Connection closed by remote host'
    expect(failure(log)).toBe('dropped')
    expect(failure('kex_exchange_identification: read: Connection reset by peer')).toBe('dropped')
    expect(failure(log, 'sh: nc: not found')).toMatchObject({ answered: `sh: nc: not found\n${log}` })
  })

  it('after too many keys leads to the one that should be named', () => {
    const log = 'Received disconnect from 10.0.0.1 port 2222:2: Too many authentication failures'
    expect(failure(log)).toMatchObject({ next: expect.arrayContaining([expect.stringContaining('ssh.key')]) })
  })
})

describe('what ssh asks', () => {
  const authenticity = `The authenticity of host '[10.0.0.1]:2222 ([10.0.0.1]:2222)' can't be established.
ED25519 key fingerprint is SHA256:abc+/d.
This key is not known by any other names.
Are you sure you want to continue connecting (yes/no/[fingerprint])? `
  const means = (more: Parameters<typeof questions>[1]) => {
    const limit = deadline(60_000, () => new Error())
    onTestFinished(() => limit.clear())
    return questions('node1', more, limit)
  }
  const ask = (asked: ReturnType<typeof questions>, text: string) =>
    asked.answer({ kind: 'answer', text, over: Promise.resolve() })

  it('of an unknown host goes to whoever confirms host keys', async () => {
    const confirmHostKey = vi.fn<() => Promise<boolean>>(async () => true)
    const asked = means({ confirmHostKey })
    expect(await ask(asked, authenticity)).toBe('yes')
    expect(confirmHostKey).toHaveBeenCalledWith('[10.0.0.1]:2222', 'SHA256:abc+/d', 'ED25519')
    expect(asked.unknownKey()).toBeUndefined()
  })

  it.each([
    ['nobody', {}],
    ['a person who says no', { confirmHostKey: async () => false }],
  ])('of an unknown host is answered with no by %s, and the error shows the key', async (_, more) => {
    const asked = means(more)
    expect(await ask(asked, authenticity)).toBe('no')
    expect(failure('Host key verification failed.', '', { ...asked, unanswered: () => [] })).toMatchObject({
      message: 'the host key is not known: ED25519 SHA256:abc+/d',
      answered: 'not in /k/known_hosts',
      next: expect.arrayContaining([expect.stringContaining('--accept-new-host-keys')]),
      exitCode: 3,
    })
  })

  it('else goes to a person, word for word', async () => {
    const askPerson = vi.fn<() => Promise<Secret>>(async () => new Secret('1234'))
    expect(await ask(means({ askPerson }), 'Enter PIN for ED25519-SK key /k/id_sk: ')).toBe('1234')
    expect(askPerson).toHaveBeenCalledWith('node1: Enter PIN for ED25519-SK key /k/id_sk')
  })

  it('else has no answer where nobody is there, and the error tells what was asked', async () => {
    const asked = means({ confirmHostKey: async () => true })
    expect(await ask(asked, "Enter passphrase for key '/k/id': ")).toBeUndefined()
    expect(
      loginFailure('node1', target, { log: 'x: Permission denied (publickey).', stderr: '' }, asked),
    ).toMatchObject({
      tried: expect.stringContaining(`it asked "Enter passphrase for key '/k/id'", and nobody is there to answer`),
      next: expect.arrayContaining([expect.stringContaining('ssh-add')]),
    })
  })
})

it('where OpenSSH is not installed says so', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const options = { signal: new AbortController().signal, timeoutMs: 10_000, revealSecret: async () => new Secret('') }
  expect(await connect({ ...target, transport: 'openssh' }, 'node1', options)).toMatchObject({
    kind: 'unreachable',
    error: { host: 'node1', message: expect.stringContaining('not installed'), exitCode: 2 },
  })
})
