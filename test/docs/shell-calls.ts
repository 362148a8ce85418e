import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What a shell makes of a command line: each program that it calls, with its words. Stand-ins are called, nothing is run. */
export function shellCalls(line: string): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'stand-ins-'))
  const bin = join(folder, 'bin')
  const calls = join(folder, 'calls')
  try {
    for (const program of programsOf(line)) standIn(join(program.includes('/') ? folder : bin, program))
    writeFileSync(calls, '')
    execFileSync('/bin/sh', ['-euc', `cd() { :; }\n${line}`], { cwd: folder, env: { PATH: bin, CALLS: calls } })
    return readFileSync(calls, 'utf8')
      .split('\0\n\0')
      .filter((call) => call !== '')
      .map((call) => call.split('\0'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Words that stand where a program does; of the shell's own ones a stand-in is never asked. */
function programsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|[|&;(])\s*([\w.][\w./-]*)/g)].map(([, program = '']) => program)
}

/** It writes all at once: in a pipe another one writes at the same moment. */
function standIn(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\0' "\${0##*/}" "$@" '\n' >>"$CALLS"\n`, { mode: 0o755 })
}
