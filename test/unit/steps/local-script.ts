import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Script } from '../../../src/host/host.ts'
import { runBlocks } from '../../../src/host/run.ts'
import { localShell, runOptions } from '../host/local-shell.ts'

/** The script of a change, run by a shell of this machine as a host's would: `set -eu`, C locale, arguments, installed files. */
export async function runHere(
  script: Script,
  programs = '',
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = programs === '' ? '' : `PATH=${programs}:$PATH\n`
  const { blocks, stderr } = await runBlocks(localShell(), [{ ...script, text: path + script.text }], runOptions())
  return { code: -1, stdout: '', ...blocks[0], stderr }
}

export async function temporaryFolder(finished: (remove: () => Promise<void>) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-deploy-script-'))
  finished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Programs that stand for those of a host, each a shell script. */
export async function putPrograms(folder: string, programs: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
}
