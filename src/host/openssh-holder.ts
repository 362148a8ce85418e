import { spawn, type ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import type { MasterFolder } from './openssh-folder.ts'
import { sh } from './shell-text.ts'
import { tail } from './tail.ts'

/** A master's process, held by one that outlives us by a moment. */
export interface Holder {
  /** What ssh said, and what the programs that it ran said, once it has ended. */
  ended: Promise<Last>
  end(): void
}

export interface Last {
  log: string
  stderr: string
}

/**
 * Starts a master. Whatever becomes of us, the end of the pipe ends it, and its folder goes with it. In a session of its own: Ctrl-C at our
 * terminal is for us, and the connection is needed to end what runs on the host.
 */
export function hold(folder: MasterFolder, words: readonly string[], env: NodeJS.ProcessEnv): Holder {
  const child = spawn('/bin/sh', ['-c', holding, 'sh', folder.path, folder.log, 'ssh', ...words], {
    detached: true,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  return { ended: lastOf(child, folder), end: () => void child.stdin.end() }
}

async function lastOf(child: ChildProcess, folder: MasterFolder): Promise<Last> {
  const [log, stderr] = [tail(8192), tail(4096)]
  child.stdout?.on('data', (chunk: Buffer) => log.add(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk))
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve)
    child.once('close', () => resolve(undefined))
    // What a ProxyCommand has left behind may keep stderr open
    child.once('exit', () => setTimeout(() => resolve(undefined), 1000).unref())
  })
  await rm(folder.path, { recursive: true, force: true })
  return { log: failure?.message ?? plain(log.text()), stderr: plain(stderr.text()) }
}

/** Without the frames that ssh puts around its warnings. */
function plain(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^@+$/.test(line))
  return lines.map((line) => line.replaceAll(/^@\s+|\s+@$/g, '')).join('\n')
}

const holding = sh`
folder=$1 log=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
ssh=$!
( read -r _ <&3; kill "$ssh"; sleep 3; kill -s KILL "$ssh" ) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$ssh"
kill "$watcher" 2>/dev/null
cat "$log" 2>/dev/null
rm -rf -- "$folder"
`
