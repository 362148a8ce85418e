import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FilePut } from '../../../src/host/host.ts'
import { prelude } from '../../../src/host/prelude.ts'
import { runBlocks } from '../../../src/host/run.ts'
import { interpreters, localShell, runOptions } from './local-shell.ts'

const owner = userInfo().username
const group = execFileSync('id', ['-gn']).toString().trim()

let folder: string
let programs: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-order-'))
  programs = join(folder, 'programs')
  await mkdir(programs)
  await mkdir(join(folder, 'etc'))
  await writeFile(join(folder, 'etc', 'a'), 'old\n')
})

function put(name: string): FilePut {
  const bytes = Buffer.from(`new ${name}\n`)
  const content = { kind: 'bytes' as const, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  return { path: join(folder, 'etc', name), content, mode: 0o640, owner, group }
}

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(programs, name), `#!/bin/sh\n${text}\n`)
  await chmod(join(programs, name), 0o755)
}

describe.skipIf(process.platform !== 'linux').each(interpreters)('install_files under %s', (interpreter) => {
  const install = async (before = '') =>
    runBlocks(
      localShell({ interpreter }),
      [{ text: `PATH=$1:$PATH; ${before} install_files`, args: [programs], files: [put('a'), put('b')] }],
      runOptions(),
    )

  it('syncs what arrived before the first of it is renamed, and the folder after the last', async () => {
    await program('sync', `{ echo "$*"; cat "${folder}/etc/a"; } >>"${folder}/log"`)
    expect((await install()).blocks).toEqual([{ code: 0, stdout: '' }])
    const temporary = (name: string): string => `${folder}/etc/\\.files\\.etcd-deploy\\.\\d+\\.\\d+/${name}`
    expect((await readFile(join(folder, 'log'), 'utf8')).split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^-- ${temporary('a')} ${temporary('b')}$`)),
      'old',
      `-- ${folder}/etc/`,
      'new a',
      '',
    ])
  })

  it('puts certificate and key into place in one process: etcd may read them at any moment', async () => {
    await program('mv', `echo "$*" >>"${folder}/log"; exec /bin/mv "$@"`)
    expect((await install()).blocks).toEqual([{ code: 0, stdout: '' }])
    const log = (await readFile(join(folder, 'log'), 'utf8')).trimEnd().split('\n')
    const side = String.raw`${folder}/etc/\.files\.etcd-deploy\.\d+\.\d+`
    expect(log.at(-1)).toMatch(new RegExp(`^-f -t ${folder}/etc/ -- ${side}/a ${side}/b$`))
    expect(log.filter((line) => / -t /.test(line))).toHaveLength(1)
    expect((await readdir(join(folder, 'etc'))).toSorted()).toEqual(['a', 'b'])
    expect(await readFile(join(folder, 'etc', 'a'), 'utf8')).toBe('new a\n')
  })

  it('renames nothing where the disk does not take it', async () => {
    await program('sync', 'exit 1')
    expect((await install()).blocks).toEqual([{ code: 1, stdout: '' }])
    expect(await readdir(join(folder, 'etc'))).toEqual(['a'])
    expect(await readFile(join(folder, 'etc', 'a'), 'utf8')).toBe('old\n')
  })

  it('gives a file its label while it is empty and not in its place', async () => {
    const { stderr } = await install(`ed_label() { echo "$(stat -c %s "$1") \${1##*/} $2" >&2; };`)
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^0 a ${folder}/etc/a$`)),
      expect.stringMatching(new RegExp(`^0 b ${folder}/etc/b$`)),
      '',
    ])
  })
})

describe.skipIf(process.platform !== 'linux')('a security label', () => {
  /** On a host where SELinux is on: with or without the program that knows what a path is to have. */
  function label({ enforcing, knows }: { enforcing: boolean; knows: boolean }, target: string): string {
    const selinux = join(folder, 'selinux')
    const here = prelude.replaceAll('/sys/fs/selinux', selinux)
    const told = `command() { [ "$2" = matchpathcon ] && ${knows}; }; matchpathcon() { echo "label-of-$3"; }; chcon() { echo "$*"; }`
    const on = enforcing ? `mkdir -p "$1"; : >"$1/enforce"` : ':'
    const text = `${here}\n${on}\n${told}\ned_label "$2" "$3"`
    const { stdout, stderr } = spawnSync('bash', ['-c', text, 'sh', selinux, join(folder, '.new'), target], {
      encoding: 'utf8',
    })
    return `${stdout}${stderr}`.trim()
  }

  it('is the one that the host has for the path', () => {
    expect(label({ enforcing: true, knows: true }, '/etc/x')).toBe(`-- label-of-/etc/x ${folder}/.new`)
  })

  it('is that of the file which is replaced, where the host cannot tell', () => {
    const there = join(folder, 'etc', 'a')
    expect(label({ enforcing: true, knows: false }, there)).toBe(`--reference=${there} -- ${folder}/.new`)
    expect(label({ enforcing: true, knows: false }, '/nonexistent')).toBe('')
  })

  it('is not touched without SELinux', () => {
    expect(label({ enforcing: false, knows: true }, '/etc/x')).toBe('')
  })
})
