import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { inSession, type SessionOptions } from '../../../src/cli/session.ts'
import { hostKey, nobodyThere, sshServer } from '../host/ssh-server.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('a node is sought at the places that a command knows besides the inventory’s, also one that it has no more; the others where they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reach-also-'))
  vi.stubEnv('XDG_STATE_HOME', folder)
  vi.stubEnv('SSH_PASSWORD', 'sesame')
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const node1 = await sshServer({ key: hostKey() })
  const gone = await nobodyThere('127.0.0.2')
  const moved = await sshServer({ key: hostKey(), address: '127.0.0.9' })
  const inventory = {
    cluster: 'prod',
    version: '3.6.16',
    nodes: {
      node1: { address: '127.0.0.1', ssh: { port: node1.target.port } },
      node2: { address: '127.0.0.2', ssh: { port: gone.port } },
    },
    ssh: {
      user: 'root',
      key: [],
      agent: false,
      config: false,
      password: { env: 'SSH_PASSWORD' },
      knownHosts: join(folder, 'known_hosts'),
    },
    binaries: { installed: '/usr/bin' },
  }
  const file = join(folder, 'inventory.ts')
  writeFileSync(file, `export default ${JSON.stringify(inventory)}\n`)

  const found = async (telling: SessionOptions): Promise<Record<string, string>> => {
    let targets: Record<string, string> = {}
    const work = async ({ connections }: Parameters<Parameters<typeof inSession>[2]>[0]): Promise<0> => {
      targets = Object.fromEntries(
        [...connections].map(([name, each]) => [name, each.kind === 'connected' ? each.host.target : 'unreachable']),
      )
      return 0
    }
    expect(await inSession('restart', { inventory: file, acceptNewHostKeys: true, json: true }, work, telling)).toBe(0)
    return targets
  }
  const first = `root@127.0.0.1:${node1.target.port}`
  expect(await found({})).toEqual({ node1: first, node2: 'unreachable' })
  const reachAlso: SessionOptions['reachAlso'] = async ({ nodes }) =>
    new Map(
      nodes
        .filter(({ name }) => name === 'node2')
        .map(({ name, ssh }) => [name, [{ ...ssh, host: '127.0.0.9', port: moved.target.port }, ssh]]),
    )
  expect(await found({ reachAlso })).toEqual({ node1: first, node2: `root@127.0.0.9:${moved.target.port}` })
  const removed: SessionOptions['reachAlso'] = async ({ nodes: [{ ssh } = expect.fail()] }) =>
    new Map([['node3', [{ ...ssh, host: '127.0.0.9', port: moved.target.port }]]])
  expect(await found({ reachAlso: removed })).toEqual({
    node1: first,
    node2: 'unreachable',
    node3: `root@127.0.0.9:${moved.target.port}`,
  })
})
