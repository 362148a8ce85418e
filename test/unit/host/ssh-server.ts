import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { onTestFinished } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { sshTarget } from './target.ts'

/** A place on this machine where a host may answer. */
export interface Listening {
  target: SshTarget
  /** Its connections, now and over time. */
  open(): number
  seen(): number
}

export interface HostKey {
  private: string
  public: string
}

export function hostKey(): HostKey {
  return ssh2.utils.generateKeyPairSync('ed25519')
}

export interface SshServer {
  key: HostKey
  address?: string
  /** Before it says anything. */
  silentMs?: number
  /** Between the password and the welcome. */
  loginMs?: number
}

/** An sshd that lets root in by the password `sesame` and forwards connections. */
export async function sshServer({
  key,
  address = '127.0.0.1',
  silentMs = 0,
  loginMs = 0,
}: SshServer): Promise<Listening> {
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (login) => {
      if (login.method !== 'password' || login.password !== 'sesame') login.reject(['password'])
      else void sleep(loginMs).then(() => login.accept())
    })
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, destIP)
      socket.on('error', () => reject())
      socket.once('connect', () => {
        const channel = accept()
        channel.on('error', () => {}).on('close', () => socket.destroy())
        socket.pipe(channel).pipe(socket)
      })
    })
  })
  return listen(address, (socket) => void sleep(silentMs).then(() => server.injectSocket(socket)))
}

/** Takes connections and says nothing. */
export function silentHost(address = '127.0.0.1'): Promise<Listening> {
  return listen(address, (socket) => void socket.resume())
}

/** A place where nobody listens. */
export async function nobodyThere(address = '127.0.0.1'): Promise<SshTarget> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return at(address, port)
}

async function listen(address: string, take: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>()
  let seen = 0
  const server = createServer((socket) => {
    seen++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    take(socket)
  }).listen(0, address)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { target: at(address, port), open: () => sockets.size, seen: () => seen }
}

function at(host: string, port: number): SshTarget {
  return sshTarget({ host, port, user: 'root', password: { from: 'prompt', label: 'SSH password' } })
}
