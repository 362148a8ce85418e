import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Told } from './reporter.ts'

const root = join(import.meta.dirname, '../..')

/** One project of vitest.config.ts; what it prints is shown as it comes. */
export async function runProject(
  project: string,
  env: Record<string, string>,
  files: readonly string[] = [],
): Promise<Told> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-counts-'))
  const countsFile = join(folder, 'counts.json')
  try {
    const reporters = ['--reporter=default', `--reporter=${join(import.meta.dirname, 'reporter.ts')}`]
    const plain = process.stdout.isTTY ? [] : ['--no-color']
    // Tests wait more than they compute; vitest would leave one processor idle.
    const args = ['run', '--project', project, '--maxWorkers=100%', ...reporters, ...plain, ...files]
    const code = await shown('vitest', args, { ...env, COUNTS_FILE: countsFile })
    return agreed(code, read(countsFile))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A run that ended badly counts as failed even where every test that it told of passed. */
function agreed(code: number | null, told: Told | undefined): Told {
  if (told === undefined) return { passed: 0, failed: 1, skipped: 0, skippedTests: [] }
  return code !== 0 && told.failed === 0 ? { ...told, failed: 1 } : told
}

function read(file: string): Told | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Told
  } catch {
    return undefined
  }
}

function shown(program: string, args: string[], env: Record<string, string>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    })
    child.on('error', reject)
    child.on('close', resolve)
  })
}
