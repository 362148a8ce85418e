import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { onTestFinished } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { sshTarget } from './target.ts'
import { ed25519Pair } from '../../instruments/ed25519-pair.ts'

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
  return ed25519Pair()
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

/** Of the server's side. */
export interface ServedClient {
  /** Ends it in so many words, as sshd does. */
  disconnect(reason: number): void
}

/** An sshd that asks about each password. */
export function passwordServer(
  key: HostKey,
  isRight: (password: string) => Promise<boolean>,
  seen: (login: ssh2.AuthContext, client: ServedClient) => void = () => {},
): Promise<Listening> {
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (login) => {
      seen(login, {
        disconnect(reason) {
          // ssh2's own ends with one reason only
          ;(client as unknown as { _protocol: ServedClient })._protocol.disconnect(reason)
        },
      })
      if (login.method !== 'password') return login.reject(['publickey', 'password'])
      void isRight(login.password).then((right) => (right ? login.accept() : login.reject(['publickey', 'password'])))
    })
  })
  return listen('127.0.0.1', (socket) => server.injectSocket(socket))
}

/** An sshd that lets in by the password `sesame` and runs what it is told in a shell of this machine. */
export function shellServer(key: HostKey, PATH: string): Promise<Listening> {
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (login) => {
      if (login.method === 'password' && login.password === 'sesame') login.accept()
      else login.reject(['password'])
    })
    client.on('session', (acceptSession) => {
      acceptSession().on('exec', (accept, _reject, { command }) => {
        const channel = accept()
        const child = spawn('/bin/sh', ['-c', command], { env: { PATH } })
        child.stdin.on('error', () => {})
        channel.pipe(child.stdin)
        child.stdout.pipe(channel, { end: false })
        child.stderr.pipe(channel.stderr, { end: false })
        channel.on('close', () => child.kill())
        child.on('close', (code) => {
          channel.exit(code ?? 1)
          channel.end()
        })
      })
    })
  })
  return listen('127.0.0.1', (socket) => server.injectSocket(socket))
}

/** An sshd that lets in with this public key and, after it, the code 123456; `factors`: those that were looked at. */
export async function factorServer(key: HostKey, publicKey: string): Promise<Listening & { factors: string[] }> {
  const factors: string[] = []
  const authorized = ssh2.utils.parseKey(publicKey) as ssh2.ParsedKey
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    let hasKey = false
    client.on('error', () => {})
    client.on('authentication', (login) => {
      if (!hasKey) {
        if (login.method !== 'publickey' || !login.key.data.equals(authorized.getPublicSSH()))
          return login.reject(['publickey'])
        if (login.signature === undefined || login.blob === undefined) return login.accept()
        hasKey = authorized.verify(login.blob, login.signature, login.hashAlgo)
        factors.push('publickey')
        return login.reject(hasKey ? ['keyboard-interactive'] : ['publickey'], hasKey)
      }
      if (login.method !== 'keyboard-interactive') return login.reject(['keyboard-interactive'])
      login.prompt([{ prompt: 'Verification code: ', echo: false }], ([code]) => {
        factors.push(`keyboard-interactive ${code}`)
        if (code === '123456') login.accept()
        else login.reject(['keyboard-interactive'])
      })
    })
  })
  const listening = await listen('127.0.0.1', (socket) => server.injectSocket(socket))
  const { password: _password, ...target } = listening.target
  return { ...listening, target, factors }
}
