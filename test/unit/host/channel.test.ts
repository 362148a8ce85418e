import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { expect, it, onTestFinished } from 'vitest'
import { openChannel } from '../../../src/host/channel.ts'
import type { Client } from '../../../src/host/client.ts'
import { sessions } from '../../../src/host/sessions.ts'
import { sshTarget } from './target.ts'

const { signal } = new AbortController()
const attempt = { host: 'node1', target: 'root@127.0.0.1:22', what: 'test' }

/** A server that answers every command with its exit code at once, but opens no session while it is full; connected to. */
async function client(isFull: () => boolean = () => false): Promise<Client> {
  const server = new ssh2.Server({ hostKeys: [ssh2.utils.generateKeyPairSync('ed25519').private] }, (connection) => {
    connection.on('error', () => {})
    connection.on('authentication', (context) => context.accept())
    connection.on('session', (acceptSession, rejectSession) => {
      if (isFull()) return rejectSession()
      acceptSession().on('exec', (accept, _reject, { command }) => {
        const channel = accept()
        channel.exit(Number(command))
        channel.end()
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = inBatches(connect((server.address() as AddressInfo).port, '127.0.0.1'))
  const ssh = new ssh2.Client().connect({ sock: socket, username: 'root' })
  await once(ssh, 'ready')
  onTestFinished(() => {
    ssh.end()
    server.close()
  })
  const ended = new Promise<undefined>((resolve) => {
    ssh.on('close', () => resolve(undefined))
  })
  return { target: sshTarget(), ssh, socket, ended, end: () => void ssh.end(), sessions: sessions() }
}

/** What the server sends within some milliseconds is read at one go. */
function inBatches(socket: Socket): Duplex {
  let batch: Buffer[] = []
  const flush = (): void => {
    if (batch.length > 0) joined.push(Buffer.concat(batch))
    batch = []
  }
  const joined = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
  })
  socket.on('data', (chunk: Buffer) => {
    if (batch.push(chunk) === 1) setTimeout(flush, 10)
  })
  socket.on('close', () => {
    flush()
    joined.push(null)
    joined.destroy()
  })
  return joined
}

it('hears an exit code that comes together with the start of the command', async () => {
  const connected = await client()
  for (let code = 1; code <= 20; code++) {
    const process = await openChannel(connected, String(code), attempt, signal)
    process.stdout.resume()
    process.stderr.resume()
    expect(await process.ended).toEqual({ kind: 'exit', code })
    process.close()
  }
})

it('tells a connection that has ended from a command that failed', async () => {
  const connected = await client()
  connected.ssh.end()
  await connected.ended
  await expect(openChannel(connected, '0', attempt, signal)).rejects.toMatchObject({
    message: expect.stringContaining('was lost'),
  })
})

it('waits for room no longer than it is wanted', async () => {
  let asked = 0
  const connected = await client(() => ++asked > 0)
  const interruption = new AbortController()
  const busy = { ...connected.sessions, mayHaveRoom: () => sleep(10, true) }
  const opening = openChannel({ ...connected, sessions: busy }, '0', attempt, interruption.signal)
  opening.catch(() => {})
  await expect.poll(() => asked).toBeGreaterThan(2)
  interruption.abort(new Error('enough'))
  await expect(opening).rejects.toThrow('enough')
  const askedUntilThen = asked
  await sleep(300)
  expect(asked).toBe(askedUntilThen)
})
