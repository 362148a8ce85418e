import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Far from this repository, as under a globally installed CLI: no node_modules beside or above it. */
let folder: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'etcd-deploy-inventory-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Outcome {
  cluster?: {
    name: string
    file: string
    pki: { dir: string }
    nodes: { name: string; ssh: { host: string; port: number } }[]
  }
  message?: string
  next?: string[]
  tried?: string
  exitCode?: number
  problems?: { message: string; next: string[] }[]
}

/** Loads, one after the other, in a Node of its own: inside vitest an import is not Node's. */
async function loadAll(paths: (string | null)[], cwd: string): Promise<{ outcomes: Outcome[]; stderr: string }> {
  const script = `
    const { loadInventory } = await import(${JSON.stringify(new URL('../../../src/inventory/load.ts', import.meta.url).href)})
    const outcomes = []
    for (const path of ${JSON.stringify(paths)}) {
      outcomes.push(await loadInventory(path ?? undefined).then(
        (cluster) => ({ cluster }),
        (error) => ({ ...error, message: error.message, problems: error.problems?.map(({ message, next }) => ({ message, next })) }),
      ))
    }
    console.log(JSON.stringify(outcomes))`
  const env = { ...process.env, SITE: 'berlin', HOME: folder }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    env,
  })
  return { outcomes: JSON.parse(stdout) as Outcome[], stderr }
}

async function load(path: string | undefined, cwd = folder): Promise<Outcome & { stderr: string }> {
  const { outcomes, stderr } = await loadAll([path ?? null], cwd)
  return { ...outcomes[0], stderr }
}

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

/** As the README has it. */
const example = `import { defineInventory } from 'etcd-deploy'

export default defineInventory({
  cluster: 'prod',
  version: '3.6.16',
  nodes: {                                   // a record: names are unique, edits are exact
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2' },
    node3: { address: '10.0.0.3', ssh: { host: '203.0.113.9', port: 2222 } },
  },
  ssh: { user: 'deploy', key: '~/.ssh/id_ed25519', sudo: true },
  binaries: 'official',
  settings: { 'quota-backend-bytes': '8GiB', 'auto-compaction-retention': '1h' },   // etcd's own flag names
  tls: { mode: 'mutual', sans: ['etcd.example.com'], leafDays: 365, caYears: 10, clients: { apiserver: { cn: 'kube-apiserver-etcd-client' } } },
})
`
const small = (cluster: string) =>
  `export default { cluster: '${cluster}', version: '3.6.16', nodes: { a: { address: '10.0.0.1' } } }\n`

describe('found', () => {
  test('in the folder at hand or above it, without anything installed there', async () => {
    await write({ '.ssh/id_ed25519': '', 'example/inventory.ts': example, 'example/deep/er/notes.txt': '' })
    for (const cwd of ['example', 'example/deep/er']) {
      const { cluster, stderr } = await load(undefined, join(folder, cwd))
      expect(cluster).toMatchObject({
        name: 'prod',
        file: join(folder, 'example/inventory.ts'),
        pki: { dir: join(folder, 'example/pki') },
      })
      expect(cluster?.nodes.map(({ ssh }) => `${ssh.host}:${ssh.port}`)).toEqual([
        '10.0.0.1:22',
        '10.0.0.2:22',
        '203.0.113.9:2222',
      ])
      expect(stderr).toBe('')
    }
  })

  test.each(['inventory.js', 'etcd-deploy.config.ts', 'etcd-deploy.config.mjs'])('by the name %s', async (name) => {
    const place = `names/${name.replace('.', '-')}`
    await write({ [`${place}/${name}`]: small('named'), [`${place}/package.json`]: '{ "type": "module" }' })
    expect((await load(undefined, join(folder, place))).cluster).toMatchObject({ name: 'named' })
  })

  test('nowhere: which names were looked for, and where', async () => {
    await write({ 'nowhere/config.ts': small('other'), 'nowhere/.etcd-deployrc.json': '{}' })
    const outcome = await load(undefined, join(folder, 'nowhere'))
    expect(outcome).toMatchObject({
      exitCode: 2,
      message: `no inventory in ${join(folder, 'nowhere')} or any folder above it`,
    })
    expect(outcome.tried).toMatch(/inventory\.ts.*etcd-deploy\.config\.ts/)
  })

  test('a link that leads nowhere is not passed over for another cluster above', async () => {
    await write({ 'link/inventory.ts': small('above'), 'link/below/notes.txt': '' })
    await symlink('gone.ts', join(folder, 'link/below/inventory.ts'))
    const { message, exitCode } = await load(undefined, join(folder, 'link/below'))
    expect({ message, exitCode }).toEqual({
      message: `${join(folder, 'link/below/inventory.ts')} is there but can't be read`,
      exitCode: 2,
    })
  })

  test('an inventory that fails with ENOENT is not passed over either', async () => {
    const reads = `import { readFileSync } from 'node:fs'\nexport default readFileSync('gone.txt')\n`
    await write({ 'enoent/inventory.ts': small('above'), 'enoent/below/inventory.ts': reads })
    const { message } = await load(undefined, join(folder, 'enoent/below'))
    expect(message).toMatch(/^\/.*enoent\/below\/inventory\.ts:2: the inventory throws: ENOENT/)
  })
})

describe('named', () => {
  test('with other files of its own, the environment, and a package.json that says commonjs', async () => {
    await write({
      'site/package.json': '{ "type": "commonjs" }',
      'site/prod.ts': `import { defineInventory } from 'etcd-deploy'
import type { Inventory } from 'etcd-deploy'
import { address } from './lib/site.ts'
const nodes: Inventory['nodes'] = { node1: { address } }
export default defineInventory({ cluster: process.env.SITE!, version: '3.6.16', nodes })`,
      'site/lib/site.ts': `export const address: string = '10.0.0.7'`,
    })
    const { cluster, stderr } = await load('site/prod.ts')
    expect(cluster).toMatchObject({ name: 'berlin', nodes: [{ ssh: { host: '10.0.0.7' } }] })
    expect(stderr).toBe('')
  })

  test('through a link: what is relative is so to where the file really is', async () => {
    await write({ 'real/inventory.ts': small('linked') })
    await symlink('real/inventory.ts', join(folder, 'linked.ts'))
    expect((await load('linked.ts')).cluster).toMatchObject({
      file: join(folder, 'real/inventory.ts'),
      pki: { dir: join(folder, 'real/pki') },
    })
  })
})

describe('refused, exit 2', () => {
  const files: Record<string, string> = {
    'bad/empty.ts': '  \n',
    'bad/named.ts': `export const inventory = {}`,
    'bad/function.ts': `export default () => ({})`,
    'bad/enum.ts': `const a = 1\nenum Size { small }\nexport default { a, Size }`,
    'bad/syntax.ts': `export default {\n  a: [1\n  b: 2,\n}`,
    'bad/syntax.mjs': `export default {\n  a: [1\n  b: 2,\n}`,
    'bad/throws.ts': `const site: string | undefined = undefined\nthrow new Error('SITE is not set')\nexport default site`,
    'bad/late.ts': `await Promise.reject(new Error('late'))\nexport default {}`,
    'bad/import.ts': `import { a } from './gone.ts'\nexport default a`,
    'bad/sibling.ts': `import { a } from './syntax.ts'\nexport default a`,
    'bad/inventory.yaml': `cluster: prod`,
    'bad/lines.ts': `export default {
  cluster: 'a', version: '3.6.16',
  nodes: {
    node1: { address: '10.0.0.1' },
    node2: { address: '10.0.0.2', adress: '10.0.0.3' },
    node3: { address: '10.0.0.4' },
  },
  ssh: { user: 'root', key: './gone' },
}`,
    'bad/wrong.ts': `export default { cluster: 'a', verison: '3.6.16', nodes: {} }`,
  }

  const refused: [string, RegExp][] = [
    ['bad/gone.ts', /^there is no file .*\/bad\/gone\.ts$/],
    ['bad', /bad is a folder: name the inventory in it$/],
    ['bad/empty.ts', /empty\.ts is empty$/],
    ['bad/named.ts', /named\.ts has no default export$/],
    ['bad/function.ts', /function\.ts exports a function/],
    ['bad/enum.ts', /enum\.ts:2: TypeScript enum is not supported/],
    ['bad/syntax.ts', /syntax\.ts:3: Expected ','/],
    ['bad/syntax.mjs', /syntax\.mjs:3: Unexpected identifier 'b'$/],
    ['bad/throws.ts', /throws\.ts:2: the inventory throws: SITE is not set$/],
    ['bad/late.ts', /late\.ts:1: the inventory throws: late$/],
    ['bad/import.ts', /bad\/import\.ts:1: Cannot find module '.*gone\.ts'/],
    ['bad/sibling.ts', /bad\/syntax\.ts:3: Expected ','/],
    ['bad/inventory.yaml', /inventory\.yaml is not an inventory: a TypeScript or JavaScript file/],
    ['bad/wrong.ts', /wrong\.ts has 3 problems$/],
    ['bad/lines.ts', /lines\.ts has 2 problems$/],
  ]
  let outcomes: Outcome[]
  let stderr: string

  beforeAll(async () => {
    await write(files)
    ;({ outcomes, stderr } = await loadAll(
      refused.map(([path]) => path),
      folder,
    ))
  })

  test.each(refused.map((row, index) => [...row, index] as const))('%s', (_, message, index) => {
    expect(outcomes[index]).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) as string })
  })

  test('with the line of each place in the file', () => {
    const index = refused.findIndex(([path]) => path === 'bad/lines.ts')
    expect(outcomes[index]?.problems?.map(({ message }) => message)).toEqual([
      'lines.ts:5: nodes.node2.adress: unknown key; did you mean address?',
      'lines.ts:8: ssh.key: there is no file ' + join(folder, 'bad/gone'),
    ])
  })

  test('without noise of Node beside it', () => {
    expect(stderr).toBe('')
  })
})

describe('TypeScript that runs elsewhere and not in Node: what to write instead', () => {
  const site = `export const address = '10.0.0.7'\nexport interface Site { address: string }\n`
  const files: Record<string, string> = {
    'hints/site.ts': site,
    'hints/lib/index.ts': site,
    'hints/deeper/nodes.ts': `import { address } from '../site'\nexport const nodes = { a: { address } }\n`,
    'hints/enum.ts': `\nexport enum Size { small }\nexport default {}\n`,
    'hints/constEnum.ts': `const enum Size { small }\nexport default { a: Size.small }\n`,
    'hints/namespace.ts': `namespace Site { export const a = 1 }\nexport default { a: Site.a }\n`,
    'hints/property.ts': `class Site { constructor(readonly a: string) {} }\nexport default new Site('x')\n`,
    'hints/equals.ts': `import fs = require('node:fs')\nexport default { fs }\n`,
    'hints/ending.ts': `// where it is\nimport { address } from './site'\nexport default { address }\n`,
    'hints/otherEnding.ts': `import { address } from "./site.js"\nexport default { address }\n`,
    'hints/folder.ts': `import { address } from './lib'\nexport default { address }\n`,
    'hints/second.ts': `import { nodes } from './deeper/nodes.ts'\nexport default { nodes }\n`,
    'hints/type.ts': `import { defineInventory, Inventory } from 'etcd-deploy'\nexport default defineInventory({} as Inventory)\n`,
    'hints/package.ts': `import { z } from 'not-installed'\nexport default { z }\n`,
  }
  const hints: [string, RegExp, RegExp][] = [
    ['enum', /enum\.ts:2: TypeScript enum is not supported/, /In place of an enum: const Size = \{/],
    ['constEnum', /constEnum\.ts:1: TypeScript enum is not/, /In place of an enum/],
    ['namespace', /namespace\.ts:1: TypeScript namespace declaration/, /In place of a namespace: a file of its own/],
    ['property', /property\.ts:1: TypeScript parameter property/, /set it in the constructor/],
    ['equals', /equals\.ts:1: TypeScript import equals/, /import … from/],
    ['ending', /hints\/ending\.ts:2: Cannot find module/, /with its ending: '\.\/site\.ts'\.$/],
    ['otherEnding', /otherEnding\.ts:1: Cannot find module/, /with its ending: '\.\/site\.ts'\.$/],
    ['folder', /folder\.ts:1: Directory import/, /with its ending: '\.\/lib\/index\.ts'\.$/],
    ['second', /hints\/deeper\/nodes\.ts:1: Cannot find module/, /with its ending: '\.\.\/site\.ts'\.$/],
    [
      'type',
      /type\.ts:1: The requested module/,
      /^Where Inventory is a type: import type \{ Inventory \} from 'etcd-deploy'/,
    ],
    ['package', /package\.ts:1: Cannot find package 'not-installed'/, /npm install not-installed\.$/],
  ]
  let outcomes: Outcome[]

  beforeAll(async () => {
    await write(files)
    ;({ outcomes } = await loadAll(
      hints.map(([name]) => `hints/${name}.ts`),
      folder,
    ))
  })

  test.each(hints.map((row, index) => [...row, index] as const))('%s', (_, message, hint, index) => {
    expect(outcomes[index]).toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message) as string,
      next: [expect.stringMatching(hint) as string],
    })
  })
})
