import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Escalation } from '../../../src/host/command.ts'
import { remoteCommand } from '../../../src/host/command.ts'
import { composeRun, composeScript } from '../../../src/host/compose.ts'
import { Secret } from '../../../src/secret.ts'

const loginShells = ['sh', 'bash', 'dash', 'zsh', 'fish', 'tcsh', 'ksh'].filter(
  (name) => spawnSync(name, ['-c', 'true']).status === 0,
)

const withPassword: Escalation = {
  kind: 'sudo-password',
  password: new Secret('sesame'),
  turn: async () => ({ kind: 'try', end: () => {} }),
  refusedAt: () => undefined,
}

describe.each(loginShells)('a login shell %s', (loginShell) => {
  it.each<Escalation>([{ kind: 'none' }, { kind: 'sudo' }, withPassword])(
    'hands the script to sh: $kind',
    async (escalation) => {
      const folder = await mkdtemp(join(tmpdir(), 'sudo-'))
      // Stands for a sudo that asks for nothing
      await writeFile(join(folder, 'sudo'), '#!/bin/sh\nwhile [ "${1#/}" = "$1" ]; do shift; done\nexec "$@"\n')
      await chmod(join(folder, 'sudo'), 0o755)
      const PATH = `${folder}:${process.env['PATH']}`
      const child = spawn(loginShell, ['-c', remoteCommand(escalation, 'token')], { env: { ...process.env, PATH } })
      let stdout = ''
      child.stdout.on('data', (chunk) => (stdout += chunk))
      const text = `echo "$1"; case $PATH in */sbin*) echo sbin ;; esac`
      child.stdin.end(composeScript('nonce', composeRun([{ text, args: [`it's $HOME \\ !`] }], 'stop')))
      await once(child, 'close')
      expect(stdout).toContain(`nonce block 0\nit's $HOME \\ !\nsbin\nnonce end 0 0\n`)
    },
  )
})

it('has no secret in it', () => {
  expect(remoteCommand(withPassword, 'token')).not.toContain('sesame')
})
