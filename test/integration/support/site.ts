import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Inventory, NodeOptions } from '../../../src/inventory/define.ts'
import { runEtcdDeploy, type Run, type RunOptions } from '../../instruments/run-cli.ts'
import { labHost, stateFiles, type NodeName } from '../../lab/lab.ts'
import { prepareReleases } from '../../lab/releases/prepare.ts'

/** A controller's folder of its own: the inventory, `pki/` beside it, run logs. */
export interface Site {
  folder: string
  file: string
  pki: string
  /** Where its run logs go. */
  env: Record<string, string>
  /** `--json` is added. */
  run(command: string | string[], options?: Partial<RunOptions>): Promise<Run>
  /** Writes the inventory anew with these keys instead. */
  edit(keys: Partial<Inventory>): void
  /** What `edit` starts from. */
  inventory: Inventory
  remove(): void
}

export interface SiteOptions extends Partial<Omit<Inventory, 'nodes'>> {
  nodes: readonly NodeName[]
  user?: 'root' | 'deploy' | 'ops'
  /** Another controller's folder, whose inventory and `pki/` are copied. */
  from?: Site
}

const testVersion = '3.6.16'

export async function newSite({ nodes, user = 'deploy', from, ...keys }: SiteOptions): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-test-'))
  if (from !== undefined) copyFolder(from.folder, folder)
  const file = join(folder, 'inventory.ts')
  const version = keys.version ?? testVersion
  const site: Site = {
    folder,
    file,
    pki: join(folder, 'pki'),
    env: { XDG_STATE_HOME: join(folder, 'state') },
    inventory: {
      cluster: 'test',
      version,
      nodes: Object.fromEntries(nodes.map((name) => [name, { address: labHost(name).address } satisfies NodeOptions])),
      ssh: {
        user,
        key: stateFiles.key,
        knownHosts: stateFiles.knownHosts,
        agent: false,
        sudo: user === 'ops' ? { password: { file: stateFiles.opsPassword } } : user === 'deploy',
        timeouts: { start: '60s' },
      },
      binaries: { file: await tarballOf(version) },
      ...keys,
    },
    run: (command, options) => {
      const [name = '', ...args] = [command].flat()
      return runEtcdDeploy([...name.split(' '), '-i', file, ...args, '--json'], {
        timeoutMs: 150_000,
        ...options,
        env: { ...site.env, ...options?.env },
      })
    },
    edit: (edited) => {
      site.inventory = { ...site.inventory, ...edited }
      writeFileSync(file, inventoryText(site.inventory))
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  site.edit({})
  return site
}

/** With the rights of its files, which cpSync drops. */
export function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-a', `${from}/.`, to])
}

async function tarballOf(version: string): Promise<string> {
  const { ready, skipped } = await prepareReleases()
  const release = ready.find((each) => each.version === version)
  if (release !== undefined) return release.tarball
  throw new Error(skipped.find((each) => each.version === version)?.reason ?? `the lab has no etcd ${version}`)
}

function inventoryText(inventory: Inventory): string {
  return `import { defineInventory } from 'etcd-deploy'\n\nexport default defineInventory(${JSON.stringify(inventory, undefined, 2)})\n`
}
