import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../../src/host/connect.ts'
import { answerPrompts, type Answering } from '../../../src/host/second-factor.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { Secret } from '../../../src/secret.ts'
import { factorServer, hostKey } from './ssh-server.ts'

const server = hostKey()
const user = ssh2.utils.generateKeyPairSync('ed25519')
const folder = mkdtempSync(join(tmpdir(), 'factor-'))
const keyFile = join(folder, 'id')
writeFileSync(keyFile, user.private, { mode: 0o600 })

async function logIn(target: SshTarget, code?: string) {
  const questions: string[] = []
  const connection = await connect(target, 'node1', {
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    revealSecret: async () => new Secret('sesame'),
    confirmHostKey: async () => true,
    ...(code !== undefined && {
      askPerson: async (question: string) => {
        questions.push(question)
        return new Secret(code)
      },
    }),
  })
  if (connection.kind === 'connected') connection.host.close()
  return { connection, questions }
}

async function agentWithKey(...how: string[]): Promise<string> {
  const socket = join(mkdtempSync(join(tmpdir(), 'agent-')), 'socket')
  // Whoever is asked to confirm says no
  const env = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force', PATH: '/usr/bin:/bin' }
  const process = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore', env })
  onTestFinished(() => void process.kill())
  const add = () => spawnSync('ssh-add', ['-q', ...how, keyFile], { env: { ...env, SSH_AUTH_SOCK: socket } })
  await expect.poll(() => add().status, { timeout: 5000 }).toBe(0)
  return socket
}

const hasAgent = spawnSync('ssh-agent', ['-k']).error === undefined

describe('a host that wants a key and a code', () => {
  it('asks a person for the code, after the key of a file', async () => {
    const { target, factors } = await factorServer(server, user.public)
    const { connection, questions } = await logIn({ ...target, key: [keyFile] }, '123456')
    expect(connection.kind).toBe('connected')
    expect(questions).toEqual(['node1: Verification code'])
    expect(factors).toEqual(['publickey', 'keyboard-interactive 123456'])
  })

  it.skipIf(!hasAgent)('asks a person for the code, after a key of an agent', async () => {
    const { target } = await factorServer(server, user.public)
    const { connection, questions } = await logIn({ ...target, agent: await agentWithKey() }, '123456')
    expect(connection.kind).toBe('connected')
    expect(questions).toEqual(['node1: Verification code'])
  })

  it.skipIf(!hasAgent)('is not half open to a key that its agent refuses to sign with', async () => {
    const { target, factors } = await factorServer(server, user.public)
    const { connection, questions } = await logIn({ ...target, agent: await agentWithKey('-c') }, '123456')
    expect(connection).toMatchObject({
      error: {
        tried: expect.stringMatching(
          /^key .* of the agent \(ssh-ed25519\): the server takes it, and the agent refused to sign$/,
        ),
        next: expect.arrayContaining([expect.stringContaining('ssh-add -X')]),
      },
    })
    expect([questions, factors]).toEqual([[], []])
  })

  it('is told as such where nobody is there to answer', async () => {
    const { target, factors } = await factorServer(server, user.public)
    expect((await logIn({ ...target, key: [keyFile] })).connection).toMatchObject({
      error: {
        tried: expect.stringContaining('it asked "Verification code:", and nobody is there to answer'),
        next: expect.arrayContaining([expect.stringContaining('run it on a terminal')]),
      },
    })
    // An empty answer would be a wrong one
    expect(factors).toEqual(['publickey'])
  })

  it('does not let in with a wrong code', async () => {
    const { target } = await factorServer(server, user.public)
    expect((await logIn({ ...target, key: [keyFile] }, '000000')).connection).toMatchObject({
      kind: 'unreachable',
      error: { tried: expect.stringContaining('keyboard-interactive, as a second factor') },
    })
  })

  it('asks nothing of a person where the key is not taken', async () => {
    const { target } = await factorServer(server, hostKey().public)
    const { connection, questions } = await logIn({ ...target, key: [keyFile] }, '123456')
    expect(connection.kind).toBe('unreachable')
    expect(questions).toEqual([])
  })
})

describe('prompts', () => {
  const answering = (askPerson: Answering['askPerson']): Answering => ({
    name: 'node1',
    askPerson,
    onPersonWanted: () => {},
    giveUp: () => {},
  })
  const answers = async (rounds: string[][], password: string | undefined): Promise<string[][]> => {
    const told: string[] = []
    const prompt = answerPrompts(
      answering(async (asked) => new Secret(`<${asked}>`)),
      password,
      told,
    )
    const given: string[][] = []
    for (const round of rounds) {
      const prompts = round.map((text) => ({ prompt: text, echo: text.startsWith('Shown') }))
      given.push(await new Promise((resolve) => prompt('', '', '', prompts, resolve)))
    }
    return given
  }

  it.each<[string, string[][], string[][]]>([
    [
      'the password and a code in one round',
      [['Password: ', 'Verification code: ']],
      [['pw', '<node1: Verification code>']],
    ],
    [
      'the code first',
      [['One-time password (OATH): '], ['Password: ']],
      [['<node1: One-time password (OATH)>'], ['pw']],
    ],
    ['a password once, in any language', [['Passwort: '], ['Passwort: ']], [['pw'], ['<node1: Passwort>']]],
    ['what is shown while it is typed', [['Shown: name ']], [['<node1: Shown: name>']]],
    ['a round without questions', [[], ['Password: ']], [[], ['pw']]],
  ])('%s', async (_, rounds, expected) => {
    expect(await answers(rounds, 'pw')).toEqual(expected)
  })

  it.each([
    ['an interruption at the question', () => Promise.reject(new Error('interrupted'))],
    ['a question that nobody is there for', undefined],
  ])('%s ends the login, with no answer', async (_, askPerson) => {
    const { promise: hasGivenUp, resolve: giveUp } = Promise.withResolvers<void>()
    const prompt = answerPrompts({ ...answering(askPerson), giveUp }, undefined, [])
    prompt('', '', '', [{ prompt: 'Code: ', echo: false }], () => expect.unreachable('it was answered'))
    await hasGivenUp
  })
})
