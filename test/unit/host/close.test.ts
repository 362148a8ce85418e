import { once } from 'node:events'
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../../../src/host/connect.ts'
import { Secret } from '../../../src/secret.ts'
import { hostKey, sshServer } from './ssh-server.ts'

/** A wire that can be cut: from then on nothing passes, and nobody is told. */
async function wireTo(port: number): Promise<{ port: number; cut(): void }> {
  const ends: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = dial({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const end of [near, far]) ends.push(end.on('error', () => {}))
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const end of ends) end.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const end of ends) end.unpipe().pause()
    },
  }
}

it('a connection to a host that has gone silent ends from here', async () => {
  const { target } = await sshServer({ key: hostKey() })
  const wire = await wireTo(target.port)
  const connection = await connect({ ...target, port: wire.port }, 'node1', {
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    revealSecret: async () => new Secret('sesame'),
    confirmHostKey: async () => true,
  })
  if (connection.kind === 'unreachable') throw connection.error
  wire.cut()
  const begunMs = performance.now()
  connection.host.close()
  await connection.host.ended
  expect(performance.now() - begunMs).toBeLessThan(10_000)
}, 15_000)
