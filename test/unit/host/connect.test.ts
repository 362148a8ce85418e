import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { connectAll } from '../../../src/host/connect.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { sshTarget } from './target.ts'

/** Takes connections and says nothing, as a host does that is about to answer. */
async function silentHost(onConnection: () => void): Promise<SshTarget> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onConnection()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return sshTarget({ port })
}

it.each([
  [3, 3],
  [2, 2],
])(
  'hosts are reached all at once, %i at a time where so many are allowed',
  async (concurrency, most) => {
    const interruption = new AbortController()
    let reached = 0
    const all = Promise.withResolvers<void>()
    const targets = new Map<string, SshTarget>()
    for (const name of ['node1', 'node2', 'node3'])
      targets.set(name, await silentHost(() => ++reached === most && all.resolve()))
    const connecting = connectAll(targets, {
      concurrency,
      signal: interruption.signal,
      timeoutMs: 60_000,
      revealSecret: () => Promise.reject(new Error('nothing to reveal')),
    })
    connecting.catch(() => {})
    await all.promise
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reached).toBe(most)
    interruption.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
  },
  5000,
)
