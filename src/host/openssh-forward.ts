import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { forwardingRefusal } from './forward.ts'
import type { Master } from './openssh-master.ts'
import { refusedByHost } from './openssh-proxy.ts'
import { tail } from './tail.ts'

/** A TCP connection that the sshd behind the master makes. */
export async function forwardOver(master: Master, address: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const before = (await master.said()).length
  signal.throwIfAborted()
  // Only its debugging says that the connection is made; nothing else is on that stderr
  const words = ['-F', master.folder.over, '-o', 'LogLevel=DEBUG1', '-W', `[${address}]:${port}`, '--', master.alias]
  const child = spawn('ssh', words, { detached: true, stdio: 'pipe' })
  child.stdin.on('error', () => {})
  const told = tail(4096)
  const { promise: made, resolve, reject } = Promise.withResolvers<boolean>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  child.stderr.on('data', (chunk: Buffer) => {
    told.add(chunk)
    if (/master session id: \d+/.test(told.text())) resolve(true)
  })
  child.once('error', reject)
  child.once('exit', () => resolve(false))
  try {
    if (await made) return duplexOf(child)
    const said = told
      .text()
      .split(/\r?\n/)
      .findLast((line) => line !== '' && !line.startsWith('debug1:'))
    throw (
      (await refusedByHost(master, before, address, port)) ??
      forwardingRefusal(new Error(said ?? 'ssh has ended'), address, port, master.target.host)
    )
  } catch (error) {
    child.kill()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function duplexOf(child: ReturnType<typeof spawn> & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream }) {
  const socket = Duplex.from({ readable: child.stdout, writable: child.stdin })
  socket.on('error', () => {})
  socket.once('close', () => child.kill())
  return socket
}
