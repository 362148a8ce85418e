import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'

let stderr: string
let stdout: string
beforeEach(() => {
  stderr = ''
  stdout = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text)
    return true
  })
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  // It listens for a reader that goes away, each time anew.
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'on').mockReturnThis()
})
afterEach(() => vi.restoreAllMocks())

const said = async (line: string): Promise<string[]> => {
  expect(await main(line.split(' '))).toBe(2)
  return stderr.trimEnd().split('\n')
}

test.each([
  ['save --help', 'save', 'etcd-deploy snapshot save', 'etcd-deploy'],
  ['save backup.db', 'save', 'etcd-deploy snapshot save', 'etcd-deploy'],
  ['enable', 'enable', 'etcd-deploy tls enable', 'etcd-deploy'],
  ['issue', 'issue', 'etcd-deploy certs issue', 'etcd-deploy'],
  ['certs rotate-certs', 'rotate-certs', 'etcd-deploy rotate-certs', 'etcd-deploy certs'],
  ['snapshot sav --help', 'sav', 'etcd-deploy snapshot save', 'etcd-deploy snapshot'],
  ['statsu', 'statsu', 'etcd-deploy status', 'etcd-deploy'],
  ['cert list --help', 'cert', 'etcd-deploy certs', 'etcd-deploy'],
  ['revok', 'revok', 'etcd-deploy certs revoke', 'etcd-deploy'],
])('%s', async (line, word, meant, group) => {
  expect(await said(line)).toEqual([
    `error: unknown command '${word}'`,
    `did you mean: ${meant}`,
    `(${group} --help lists the commands)`,
  ])
})

test('a word that is like none', async () => {
  expect(await said('frobnicate')).toEqual([
    "error: unknown command 'frobnicate'",
    '(etcd-deploy --help lists the commands)',
  ])
})

test.each([
  ['snapshot save', '(etcd-deploy snapshot save --help shows its options)'],
  ['tls enable --mode x', '(etcd-deploy tls enable --help shows its options)'],
  ['certs issue', '(etcd-deploy certs issue --help shows its options)'],
  ['up --nope', '(etcd-deploy up --help shows its options)'],
])('%s: help is pointed to by its whole name', async (line, pointer) => {
  expect((await said(line)).at(-1)).toBe(pointer)
})

test.each(['snapshot save --help', 'certs list --help', 'up --help', '--help', 'help up'])(
  '%s is help',
  async (line) => {
    expect(await main(line.split(' '))).toBe(0)
    expect(stderr).toBe('')
  },
)

test.each([
  ['upp --json', "unknown command 'upp'"],
  ['up --jsno --json', "unknown option '--jsno'"],
])('programs read it too: %s', async (line, message) => {
  await said(line)
  expect(JSON.parse(stdout)).toMatchObject({ v: 1, type: 'error', error: { message, exitCode: 2 } })
})

test('who asked for no JSON gets none', async () => {
  await said('upp')
  expect(stdout).toBe('')
})
