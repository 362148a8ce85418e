import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { sshTarget } from '../../unit/host/target.ts'
import { ed25519Pair } from '../../instruments/ed25519-pair.ts'

const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => spawnSync(path, ['-?']).error === undefined)

/** Where OpenSSH's server is not installed there is nothing to try against. */
export const hasSshd = program !== undefined && process.platform === 'linux'

export interface LoopbackSshd {
  target: SshTarget
  /** Of the key that opens; more may be added to `authorized`. */
  folder: string
  authorized: string
  log(): string
}

/** A real sshd of this user's on loopback, with the lines given in its configuration; ended with the test. */
export async function loopbackSshd(...lines: string[]): Promise<LoopbackSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'sshd-'))
  // As root it wants the folder that its service makes
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  for (const name of ['host', 'key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)])
  const authorized = join(folder, 'authorized_keys')
  writeFileSync(authorized, readFileSync(join(folder, 'key.pub')))
  const port = await freePort()
  const config = [
    ...lines,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${authorized}`,
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'LogLevel VERBOSE',
  ]
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`)
  const log = join(folder, 'log')
  const child = spawn(program ?? '', ['-D', '-f', join(folder, 'config'), '-E', log], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await listening(port, child.exitCode === null ? () => child.exitCode !== null : () => true, log)
  const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`)
  const target = sshTarget({
    port,
    user: userInfo().username,
    key: [join(folder, 'key')],
    knownHosts: [join(folder, 'known_hosts')],
  })
  return { target, folder, authorized, log: () => readFileSync(log, 'utf8') }
}

/** Of no use anywhere: a key that nobody has authorized. */
export function strangersKey(folder: string, name: string): string {
  const file = join(folder, name)
  const { private: key, public: line } = ed25519Pair()
  writeFileSync(file, key, { mode: 0o600 })
  writeFileSync(`${file}.pub`, `${line} ${name}\n`)
  return file
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, hasEnded: () => boolean, log: string): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (hasEnded()) throw new Error(`sshd did not start: ${readFileSync(log, 'utf8')}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await sleep(50)
  }
  throw new Error('sshd does not listen')
}
