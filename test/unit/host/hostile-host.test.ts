import { createServer } from 'node:net'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import { agentKeys } from '../../../src/host/agent.ts'
import { connect } from '../../../src/host/connect.ts'
import { noShell } from '../../../src/host/failures.ts'
import { readIdentities } from '../../../src/host/identity.ts'
import type { Ending } from '../../../src/host/process.ts'
import { runBlocks } from '../../../src/host/run.ts'
import type { Shell } from '../../../src/host/shell.ts'
import { Secret } from '../../../src/secret.ts'
import { hostKey, passwordServer } from './ssh-server.ts'
import { sshTarget } from './target.ts'

/** A host that answers every script with these bytes, where NONCE stands for the script's own. */
function hostile(answer: (nonce: string) => Iterable<Uint8Array>, ending: Ending = { kind: 'exit', code: 0 }): Shell {
  return {
    host: 'node1',
    target: 'me@node1:22',
    cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
    refusal: noShell,
    launch: async () => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()]
      const { promise: ended, resolve } = Promise.withResolvers<Ending>()
      let script = ''
      const stdin = new Writable({
        write(chunk: Buffer, _encoding, done) {
          script += chunk.toString('latin1')
          const nonce = /ed_nonce='(\w+)'/.exec(script)?.[1]
          if (nonce !== undefined && !stdout.writableEnded) {
            for (const bytes of answer(nonce)) stdout.write(bytes)
            stdout.end()
            stderr.end(`${nonce} done\n`)
            setImmediate(() => setImmediate(() => resolve(ending)))
          }
          done()
        },
      })
      const close = (): void => void stdout.destroy()
      return { stdin, stdout, stderr, ended, uplink: async () => {}, close, kill: close }
    },
  }
}

const options = { what: 'test', signal: new AbortController().signal, timeoutMs: 5000 }

describe('what a host answers', () => {
  it('may be anything: no more results than blocks, or an error that names the host', async () => {
    const word = fc.constantFrom('begin', 'block', 'end', 'send', 'fenced', 'done', 'held', '')
    const number = fc.constantFrom('0', '1', '2', '-1', '99999999999', 'NaN', '', '1e3')
    const piece = fc.oneof(
      fc.tuple(word, number, number).map((words) => Buffer.from(`NONCE ${words.join(' ')}\n`)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\u001B]0;title\u0007', '\u001B[2J', 'NONCE', 'NONCE ', '\n', '\0', '#@ host\n')
        .map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (pieces) => {
        const answer = (nonce: string) =>
          pieces.map((bytes) => Buffer.from(bytes.toString('latin1').replaceAll('NONCE', nonce), 'latin1'))
        const lines: number[] = []
        const onLine = (index: number): void => void lines.push(index)
        const outcome = await runBlocks(hostile(answer), [{ text: ':' }, { text: ':' }], { ...options, onLine }).catch(
          (error: unknown) => error,
        )
        for (const index of lines) expect([0, 1]).toContain(index)
        if (outcome instanceof DeployError) expect(outcome.host).toBe('node1')
        else expect((outcome as { blocks: unknown[] }).blocks.length).toBeLessThanOrEqual(2)
      }),
      { numRuns: 300 },
    )
  })

  it('may be a mark without an end: that is no way to fill our memory', async () => {
    const endless = function* (nonce: string) {
      yield Buffer.from(`${nonce} begin\n${nonce} `)
      for (let count = 0; count < 64; count++) yield Buffer.alloc(1024 * 1024, 'x')
    }
    const before = process.memoryUsage().arrayBuffers
    await expect(runBlocks(hostile(endless), [{ text: ':' }], options)).rejects.toMatchObject({
      host: 'node1',
      message: 'the host’s answer is not one that our script gives',
    })
    // What it wrote is with the stream of this test; nothing was joined to one long line besides
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20)
  })

  it('may be a hundred megabytes before our script begins', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const chatty = (): Buffer[] => Array.from({ length: 100 }, () => chunk)
    await expect(runBlocks(hostile(chatty, { kind: 'exit', code: 1 }), [{ text: ':' }], options)).rejects.toSatisfy(
      (error: DeployError) => (error.answered ?? '').length < 10_000,
    )
  })
})

it('a man in the middle with another host key learns neither name nor key nor password', async () => {
  const [known, shown] = [hostKey(), hostKey()]
  const tried: string[] = []
  const middle = await passwordServer(
    shown,
    async () => true,
    (login) => tried.push(`${login.method} ${login.username}`),
  )
  const folder = mkdtempSync(join(tmpdir(), 'middle-'))
  const { host, port } = middle.target
  writeFileSync(join(folder, 'known_hosts'), `[${host}]:${port} ${known.public.split(' ').slice(0, 2).join(' ')}\n`)
  writeFileSync(join(folder, 'key'), ssh2.utils.generateKeyPairSync('ed25519').private)
  const target = { ...middle.target, knownHosts: [join(folder, 'known_hosts')], key: [join(folder, 'key')] }
  const connection = await connect(target, 'node1', {
    ...options,
    revealSecret: async () => new Secret('sesame'),
    // A yes does not help either
    confirmHostKey: async () => true,
  })
  expect(connection).toMatchObject({ kind: 'unreachable', error: { exitCode: 3 } })
  expect(tried).toEqual([])
})

it('an agent may answer anything', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        // The right length and kind, then anything
        fc.uint8Array({ minLength: 4, maxLength: 200 }).map((bytes) => {
          const head = Buffer.from([0, 0, 0, bytes.length + 1, 12])
          return Buffer.concat([head, bytes])
        }),
      ),
      async (answer) => {
        const socket = join(mkdtempSync(join(tmpdir(), 'agent-')), 'socket')
        const server = createServer((client) => client.on('error', () => {}).end(answer)).listen(socket)
        await once(server, 'listening')
        const outcome = await agentKeys(socket).catch((error: unknown) => error)
        server.close()
        expect(Array.isArray(outcome) || outcome instanceof Error).toBe(true)
      },
    ),
    { numRuns: 100 },
  )
})

it('a key file may hold anything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  const encryption = { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 4 }
  const plain = Buffer.from(ssh2.utils.generateKeyPairSync('ed25519').private)
  const encrypted = Buffer.from(ssh2.utils.generateKeyPairSync('ed25519', encryption).private)
  const cut = fc.nat(encrypted.length).map((at) => encrypted.subarray(0, at))
  // Not of an encrypted one: that may ask for a billion rounds of its cipher, and is the owner's own file
  const changed = fc
    .tuple(fc.nat(plain.length - 1), fc.uint8Array({ maxLength: 8 }))
    .map(([at, bytes]) => Buffer.concat([plain.subarray(0, at), bytes, plain.subarray(at + bytes.length)]))
  const file = join(folder, 'key')
  const target = sshTarget({ key: [file], passphrase: { from: 'env', name: 'X' } })
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        cut,
        changed,
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      async (bytes) => {
        writeFileSync(file, bytes)
        const [identity] = await readIdentities(target, [], async () => new Secret('sesame'))
        expect(['key', 'unusable']).toContain(identity?.kind)
      },
    ),
    { numRuns: 150 },
  )
})
