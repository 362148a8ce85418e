import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answersOf, type InitOptions } from '../../../src/cli/init-answers.ts'
import type { DeployError } from '../../../src/errors.ts'
import { examineInventory } from '../../../src/inventory/resolve.ts'

const file = '/srv/prod/inventory.ts'

/** With `typed` there is a terminal, at which that is answered, question by question. */
async function answers(options: InitOptions, typed?: string[], exists = true) {
  const asked: string[] = []
  const told: string[] = []
  const text = async (question: string): Promise<string> => {
    asked.push(question)
    const answer = typed?.shift()
    if (answer === undefined) throw new Error(`nobody answers: ${question}`)
    return answer
  }
  const raw = await answersOf(options, {
    file,
    ask: typed && { text },
    problemsOf: (some) => {
      const examined = examineInventory(some, { file, connects: true, exists: () => exists })
      return examined.kind === 'wrong' ? examined.problems : []
    },
    tell: (line) => told.push(line.trim()),
  })
  return { raw, asked, told, left: typed ?? [] }
}

const needed = { cluster: 'prod', etcd: '3.6.16', nodes: '10.0.0.1' }

describe('flags alone', () => {
  test('the fewest', async () => {
    const { raw } = await answers(needed)
    expect(raw).toEqual({ cluster: 'prod', version: '3.6.16', nodes: { node1: { address: '10.0.0.1' } } })
  })

  test('all', async () => {
    const nodes = 'db-1=10.0.0.1, db-2=fd00::2\n etcd3.example.com'
    const { raw } = await answers({ ...needed, nodes, user: 'deploy', key: '/k', sudo: 'env:PW', tls: 'server' })
    expect(raw).toEqual({
      cluster: 'prod',
      version: '3.6.16',
      nodes: {
        'db-1': { address: '10.0.0.1' },
        'db-2': { address: 'fd00::2' },
        node3: { address: 'etcd3.example.com' },
      },
      ssh: { user: 'deploy', key: '/k', sudo: { password: { env: 'PW' } } },
      tls: { mode: 'server' },
    })
  })

  test.each([
    [{}, '--cluster, --etcd, --nodes are missing'],
    [{ ...needed, nodes: undefined }, '--nodes is missing'],
  ])('without a terminal, what is missing is named: %j', async (options, message) => {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    const error = await answers(given).then(
      () => expect.fail('it was answered'),
      (thrown: unknown) => thrown as DeployError,
    )
    expect(error.exitCode).toBe(2)
    expect(error.message).toBe(`${message}, and there is no terminal to ask on`)
  })

  test.each<[InitOptions, RegExp]>([
    [{ cluster: 'a b' }, /^--cluster: "a b" has " " in it/],
    [{ etcd: '3.6' }, /^--etcd: "3\.6" is not an exact etcd version/],
    [{ nodes: '' }, /^--nodes: is empty/],
    [{ nodes: '10.0.0.1 10.0.0.1' }, /^--nodes: nodes\.node2\.address: 10\.0\.0\.1 port 2380 is node1's already/],
    [{ nodes: 'a=10.0.0.1 a=10.0.0.2' }, /^--nodes: two nodes are called "a"$/],
    [{ nodes: '10.0.0.1:2379' }, /^--nodes: nodes\.node1\.address: .*has a port/],
    [{ nodes: '__proto__=10.0.0.1' }, /^--nodes: "__proto__" does not begin with a letter/],
    [{ nodes: '$(reboot)=10.0.0.1' }, /^--nodes: "\$\(reboot\)" does not begin with/],
    [{ user: 'a b' }, /^--user: "a b" is not a login name/],
    [{ sudo: 'maybe' }, /^--sudo: "maybe" is none of yes, no, prompt, env:NAME, file:PATH$/],
    [{ sudo: 'env:1x' }, /^--sudo: ssh\.sudo\.password\.env: is not the name of a variable/],
    [{ tls: 'mutal' }, /^--tls: "mutal" is none of .*did you mean mutual\?$/],
  ])('one that is wrong ends it, exit 2: %j', async (wrong, message) => {
    await expect(answers({ ...needed, ...wrong })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    })
  })

  test('a key that is not there', async () => {
    await expect(answers({ ...needed, key: '/gone' }, undefined, false)).rejects.toMatchObject({
      exitCode: 2,
      message: '--key: there is no file /gone',
    })
  })

  test.each([
    [join(homedir(), '.ssh/id'), '~/.ssh/id'],
    ['~/.ssh/id', '~/.ssh/id'],
    ['/srv/key', '/srv/key'],
  ])('a key %s is written as %s', async (key, written) => {
    expect((await answers({ ...needed, key })).raw).toMatchObject({ ssh: { key: written } })
  })

  test('a key is named relative to the inventory, wherever the command is called', async () => {
    const { raw } = await answers({ ...needed, key: 'id' })
    const { key } = raw['ssh'] as { key: string }
    expect(key).toMatch(/^\.\.?\//)
    expect(join('/srv/prod', key)).toBe(join(process.cwd(), 'id'))
  })
})

describe('on a terminal', () => {
  test('each question once, Enter takes what it says', async () => {
    const { raw, asked } = await answers({}, ['prod', '3.6.16', '10.0.0.1', '', '', '', ''])
    expect(raw).toEqual({ cluster: 'prod', version: '3.6.16', nodes: { node1: { address: '10.0.0.1' } } })
    expect(asked).toHaveLength(7)
    expect(asked.at(-1)).toBe('TLS: mutual, server or off (Enter: mutual)')
  })

  test('what is wrong is told and asked again', async () => {
    const { raw, told, left } = await answers({ etcd: '3.6.16', nodes: '10.0.0.1', yes: true }, ['', 'a/b', ' prod '])
    expect(raw).toMatchObject({ cluster: 'prod' })
    expect(told).toEqual(['it is needed', expect.stringContaining('"a/b" has "/" in it')])
    expect(left).toEqual([])
  })

  test('with --yes only what is needed is asked, and nothing that a flag says', async () => {
    const { raw, asked } = await answers({ cluster: 'prod', nodes: '10.0.0.1', sudo: 'no', yes: true }, ['3.6.16'])
    expect(raw).toMatchObject({ version: '3.6.16', ssh: { sudo: false } })
    expect(asked).toEqual(["etcd's version, whole, as 3.6.16"])
  })
})
