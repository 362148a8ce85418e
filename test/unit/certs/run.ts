import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { createPki } from '../../../src/pki/open.ts'
import type { PkiStore } from '../../../src/pki/store.ts'
import { temporaryFolder } from '../pki/openssl.ts'
import { notBefore } from '../pki/samples.ts'

export interface Site {
  folder: string
  inventory: string
  /** `etcd-deploy certs …` here; stdin is no terminal. */
  certs(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>
}

const nodes = { node1: { address: '10.0.0.1' }, node2: { address: '10.0.0.2' }, node3: { address: '10.0.0.3' } }

/** A folder with an inventory, as a person would have it. */
export function site(tls: Record<string, unknown> = {}): Site {
  const folder = join(temporaryFolder(), 'site')
  const inventory = join(folder, 'inventory.mjs')
  mkdirSync(folder)
  writeFileSync(
    inventory,
    `export default ${JSON.stringify({ cluster: 'prod', version: '3.6.16', nodes, tls: { ...tls } })}\n`,
  )
  return {
    folder,
    inventory,
    async certs(command, ...args) {
      const told = { stdout: '', stderr: '' }
      const listen = (stream: 'stdout' | 'stderr') =>
        vi.spyOn(process[stream], 'write').mockImplementation((text) => {
          told[stream] += typeof text === 'string' ? text : Buffer.from(text).toString()
          return true
        })
      const spies = [listen('stdout'), listen('stderr')]
      try {
        return { code: await main(['certs', command ?? '', ...args, '-i', inventory]), ...told }
      } finally {
        for (const spy of spies) spy.mockRestore()
      }
    },
  }
}

/** What the first `up` would have made. */
export async function madePki({ folder }: Site, leafDays = 365): Promise<PkiStore> {
  const tls = { key: 'ecdsa-p256', subject: {}, caYears: 10, leafDays } as const
  return createPki(join(folder, 'pki'), 'prod', tls, notBefore)
}
