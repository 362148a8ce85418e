import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { mustRun } from '../lab/process.ts'

/** A terminal nobody looks at, with a shell in it. */
export interface Terminal {
  /** Types a command and watches until the prompt is back. */
  watch(command: string): Promise<Shot[]>
  close(): Promise<void>
}

/** The screen at a moment, line by line, with its escapes for colours. */
export interface Shot {
  atMs: number
  lines: string[]
}

const patienceMs = 120_000
const prompt = '$'

export async function openTerminal(columns: number, rows: number, cwd: string, path: string): Promise<Terminal> {
  const tmux = (...args: string[]): Promise<string> => mustRun('tmux', ['-L', 'etcd-deploy-picture', ...args])
  const size = ['-x', String(columns), '-y', String(rows)]
  // Without the CI and NO_COLOR of whoever runs this.
  const shell = `env -i TERM=screen-256color LANG=C.UTF-8 HOME='${cwd}' PATH='${path}' PS1='${prompt} ' /bin/sh`
  await tmux('-f', '/dev/null', '-u', 'new-session', '-d', ...size, '-c', cwd, shell)
  await tmux('set', 'status', 'off')
  const shot = async (): Promise<Shot> => {
    const screen = await tmux('capture-pane', '-e', '-p')
    return { atMs: performance.now(), lines: screen.trimEnd().split('\n') }
  }
  return {
    watch: async (command) => {
      await tmux('send-keys', '-l', command)
      await sleep(300)
      const shots = [await shot()]
      await tmux('send-keys', 'Enter')
      while (!isBack(shots.at(-1))) {
        if (performance.now() - (shots[0]?.atMs ?? 0) > patienceMs) throw new Error(`${command} did not end`)
        await sleep(100)
        shots.push(await shot())
      }
      return shots
    },
    close: async () => void (await tmux('kill-server')),
  }
}

/** The last line is the prompt, and nothing was typed yet. */
function isBack(shot: Shot | undefined): boolean {
  return stripVTControlCharacters(shot?.lines.at(-1) ?? '').trim() === prompt
}
