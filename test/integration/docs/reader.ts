import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, type Ran } from '../../lab/process.ts'
import { stateFiles } from '../../lab/lab.ts'
import type { Site } from '../support/site.ts'

/** A person with a home and a shell, in the folder of an inventory. */
export interface Reader {
  folder: string
  /** On the PATH. */
  bin: string
  /** Makes the home; the lab must be up. */
  moveIn(): void
  type(line: string): Promise<Ran>
}

const program = fileURLToPath(import.meta.resolve('../../../bin/etcd-deploy.js'))

export function readerAt({ folder }: Site): Reader {
  const home = join(folder, 'home')
  const bin = join(home, 'bin')
  /** Looked into last. */
  const standIns = join(home, 'stand-ins')
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env['PATH']}:${standIns}`,
    XDG_STATE_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    SSH_AUTH_SOCK: undefined,
  }
  return {
    folder,
    bin,
    moveIn: () => {
      for (const made of [join(home, '.ssh'), bin, standIns]) mkdirSync(made, { recursive: true, mode: 0o700 })
      copyFileSync(stateFiles.key, join(home, '.ssh/id_ed25519'))
      copyFileSync(stateFiles.knownHosts, join(home, '.ssh/known_hosts'))
      writeFileSync(join(bin, 'etcd-deploy'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
        mode: 0o755,
      })
      // Where there is none, that something comes is enough.
      writeFileSync(join(standIns, 'jq'), '#!/bin/sh\nexec grep .\n', { mode: 0o755 })
    },
    type: (line) => run('/bin/sh', ['-c', line], { cwd: folder, env, timeoutMs: 180_000 }),
  }
}
