import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FilePut } from '../../../src/host/host.ts'
import { runBlocks } from '../../../src/host/run.ts'
import type { Shell } from '../../../src/host/shell.ts'
import { interpreters, localShell, runOptions } from './local-shell.ts'

const owner = userInfo().username
const group = execFileSync('id', ['-gn']).toString().trim()

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "it's a folder-"))
})

function put(name: string, bytes: Buffer, more: Partial<FilePut> = {}): FilePut {
  const content = { kind: 'bytes' as const, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  return { path: join(folder, name), content, mode: 0o640, owner, group, ...more }
}

async function compressed(name: string, bytes: Buffer, gzip: Buffer): Promise<FilePut> {
  const path = join(folder, `${name}.source.gz`)
  await writeFile(path, gzip)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const content = { kind: 'file' as const, path: '', size: bytes.length, sha256, gzip: { path, size: gzip.length } }
  return put(name, bytes, { content })
}

function corrupt(file: FilePut): FilePut {
  return { ...file, content: { ...file.content, sha256: '0'.repeat(64) } }
}

describe.skipIf(process.platform !== 'linux').each(interpreters)('install_files under %s', (interpreter) => {
  const shell = localShell({ interpreter })
  const install = async (files: FilePut[], more = {}) =>
    runBlocks(shell, [{ text: 'install_files', files }], runOptions(more))

  it('writes files whole, of any name and size, with their mode', async () => {
    const files = [
      put('plain', Buffer.from('a\n')),
      put("it's $HOME * \\n", randomBytes(100_000), { mode: 0o600 }),
      put('empty', Buffer.alloc(0), { mode: 0o755 }),
      put('.hidden', randomBytes(3_000_000), { mode: 0o444 }),
    ]
    const progress: number[] = []
    const { blocks } = await install(files, { onUpload: (sent: number) => progress.push(sent) })
    expect(blocks).toEqual([{ code: 0, stdout: '' }])
    for (const file of files) {
      if (file.content.kind === 'bytes') expect((await readFile(file.path)).equals(file.content.bytes)).toBe(true)
      expect((await stat(file.path)).mode & 0o7777).toBe(file.mode)
    }
    expect(await readdir(folder)).toHaveLength(files.length)
    expect(progress.at(-1)).toBe(3_100_002)
  })

  it('streams a file of the controller', async () => {
    const bytes = randomBytes(5_000_000)
    const source = join(folder, 'source')
    await writeFile(source, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    // Grown since it was measured: what is more must not be taken for the next file
    await appendFile(source, 'more')
    const copy = put('copy', bytes, { content: { kind: 'file', path: source, size: bytes.length, sha256 } })
    await install([copy, put('next', Buffer.from('next'))])
    expect(await readFile(join(folder, 'next'), 'utf8')).toBe('next')
    expect((await readFile(join(folder, 'copy'))).equals(bytes)).toBe(true)
  })

  it('sends a file compressed where it lies so beside it, and checks what was unpacked', async () => {
    const bytes = Buffer.alloc(3_000_000, 'so much of the same ')
    const counted = localShell({ interpreter })
    const files = [await compressed('program', bytes, gzipSync(bytes)), put('next', Buffer.from('next'))]
    const told: number[][] = []
    const onUpload = (...at: number[]): unknown => told.push(at)
    await runBlocks(counted, [{ text: 'install_files', files }], runOptions({ onUpload }))
    expect((await readFile(join(folder, 'program'))).equals(bytes)).toBe(true)
    expect(await readFile(join(folder, 'next'), 'utf8')).toBe('next')
    expect(counted.cost.bytesSent).toBeLessThan(100_000)
    const total = gzipSync(bytes).length + 4
    expect(told.at(-1)).toEqual([total, total])
  })

  it.each([
    ['is no gzip', (packed: Buffer) => randomBytes(packed.length), ''],
    ['ends too early', (packed: Buffer) => packed.subarray(0, packed.length / 2), ''],
    ['is that of another file', () => gzipSync(randomBytes(1_000_000)), ''],
    ['finds a full disk', (packed: Buffer) => packed, 'ulimit -f 8; '],
  ])('installs none of it when what comes compressed %s, and goes on with the next block', async (_, spoil, before) => {
    const bytes = randomBytes(1_000_000)
    const blocks = [
      { text: `${before}install_files`, files: [await compressed('a', bytes, spoil(gzipSync(bytes)))] },
      { text: 'install_files', files: [put('b', Buffer.from('later'))] },
    ]
    const result = await runBlocks(shell, blocks, runOptions({ afterFailure: 'continue' }))
    expect(result.blocks.map((block) => block.code)).toEqual([1, 0])
    expect((await readdir(folder)).toSorted()).toEqual(['a.source.gz', 'b'])
  })

  it('replaces a file by renaming: who has the old one open keeps it, a link is not followed', async () => {
    await mkdir(join(folder, 'elsewhere'))
    await writeFile(join(folder, 'elsewhere', 'target'), 'untouched')
    await symlink(join(folder, 'elsewhere', 'target'), join(folder, 'link'))
    await install([put('link', Buffer.from('new'))])
    expect(await readFile(join(folder, 'elsewhere', 'target'), 'utf8')).toBe('untouched')
    expect(await readFile(join(folder, 'link'), 'utf8')).toBe('new')
  })

  it.each([
    ['one of them arrives broken', (files: FilePut[]) => [files[0]!, corrupt(files[1]!)]],
    [
      'the folder of one is missing',
      (files: FilePut[]) => [files[0]!, { ...files[1]!, path: join(folder, 'missing', 'x') }],
    ],
    ['its owner is unknown', (files: FilePut[]) => [files[0]!, { ...files[1]!, owner: 'nobody-of-this-name' }]],
  ])('installs none when %s, and goes on with the next block', async (_, broken) => {
    await writeFile(join(folder, 'a'), 'old')
    const files = broken([put('a', Buffer.from('new')), put('b', randomBytes(200_000))])
    const later = [put('c', Buffer.from('later'))]
    const blocks = [
      { text: 'install_files', files },
      { text: 'install_files', files: later },
    ]
    const result = await runBlocks(shell, blocks, runOptions({ afterFailure: 'continue' }))
    expect(result.blocks.map((block) => block.code)).toEqual([1, 0])
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old')
    expect(await readFile(join(folder, 'c'), 'utf8')).toBe('later')
    expect(await readdir(folder)).toEqual(['a', 'c'])
  })

  it.each([20_000, 1_000_000])(
    'still understands what follows when the disk takes no more of %i bytes',
    async (size) => {
      const blocks = [
        { text: 'ulimit -f 8; install_files', files: [put('a', randomBytes(size))] },
        { text: 'install_files', files: [put('b', Buffer.from('fits'))] },
      ]
      const result = await runBlocks(shell, blocks, runOptions({ afterFailure: 'continue' }))
      expect(result.blocks.map((block) => block.code)).toEqual([1, 0])
      expect(result.stderr).not.toMatch(/arrived/)
      expect(await readdir(folder)).toEqual(['b'])
    },
  )

  it('sends nothing when the script does not come to it', async () => {
    const counted = localShell({ interpreter })
    const files = [put('a', randomBytes(1_000_000))]
    const { blocks } = await runBlocks(counted, [{ text: 'true || install_files', files }], runOptions())
    expect(blocks).toEqual([{ code: 0, stdout: '' }])
    expect(counted.cost.bytesSent).toBeLessThan(20_000)
  })

  it('takes as long as it takes, while it goes forward', async () => {
    const slow: Shell = {
      ...shell,
      async launch(...given) {
        const process = await shell.launch(...given)
        const stdin = new Transform({
          highWaterMark: 1,
          transform: (chunk, _encoding, done) => void setTimeout(done, 150, null, chunk),
        })
        stdin.pipe(process.stdin)
        return { ...process, stdin }
      },
    }
    const files = [put('a', randomBytes(2_000_000))]
    const result = await runBlocks(slow, [{ text: 'install_files', files }], runOptions({ timeoutMs: 600 }))
    expect(result.blocks).toEqual([{ code: 0, stdout: '' }])
    expect(result.durationMs).toBeGreaterThan(900)
  })

  it('leaves nothing behind when the connection ends on the way', async () => {
    const abort = new AbortController()
    const running = install([put('a', randomBytes(20_000_000))], {
      signal: abort.signal,
      onUpload: () => abort.abort(),
    })
    await expect(running).rejects.toMatchObject({ exitCode: 130 })
    await expect.poll(() => readdir(folder), { timeout: 5000 }).toEqual([])
  })

  it('leaves nothing behind when it is told to end', async () => {
    const end = once(async () => {
      const [temporary] = await readdir(folder)
      process.kill(-Number(/\.(\d+)\.\w+$/.exec(temporary ?? '')?.[1]), 'SIGTERM')
    })
    const running = install([put('a', randomBytes(20_000_000))], { onUpload: end })
    await expect(running).rejects.toThrow(/did not finish/)
    await expect.poll(() => readdir(folder), { timeout: 5000 }).toEqual([])
  })

  it('removes what a killed run left in the folder, and nothing that a running one writes', async () => {
    await writeFile(join(folder, '.a.etcd-deploy.99999999.abcdef'), '')
    await writeFile(join(folder, `.a.etcd-deploy.${process.pid}.abcdef`), '')
    await writeFile(join(folder, '.etcd-deploy.keep'), '')
    await install([put('a', Buffer.from('new'))])
    expect((await readdir(folder)).toSorted()).toEqual([
      `.a.etcd-deploy.${process.pid}.abcdef`,
      '.etcd-deploy.keep',
      'a',
    ])
  })

  it.each([1, 200_000])('has owner and mode set before the content of %i bytes is there', async (size) => {
    await chmod(folder, 0o700)
    // What the shell sees of the temporary file when the first bytes of it arrive
    const spy = ['head', 'dd'].map(
      (name) => `${name}() { stat -c %a "$ed_folder"/.files.etcd-deploy.*/secret >&2; command ${name} "$@"; }`,
    )
    const text = `ed_folder=$1; ${spy.join('; ')}; install_files`
    const files = [put('secret', Buffer.alloc(size, 'x'), { mode: 0o400 })]
    const { stderr } = await runBlocks(shell, [{ text, args: [folder], files }], runOptions())
    expect(stderr).toBe('400\n')
  })
})

function once(act: () => Promise<void>): () => void {
  let done = false
  return () => {
    if (!done) void act()
    done = true
  }
}

it('refuses a path that is not one', async () => {
  for (const path of ['relative', '/ends/in/', '/two\nlines']) {
    const files = [put('a', Buffer.alloc(0), { path })]
    await expect(runBlocks(localShell(), [{ text: 'install_files', files }], runOptions())).rejects.toThrow(
      /absolute path/,
    )
  }
})
