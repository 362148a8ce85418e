import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { DeployError } from '../../../src/errors.ts'
import { main } from '../../../src/cli/main.ts'
import type { Connection, Host } from '../../../src/host/host.ts'
import { streamCommand } from '../../../src/host/stream.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'
import { localShell } from '../host/local-shell.ts'

/** An inventory of three nodes; with what a test says instead. */
export function inventoryFile(more: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-hosts-'))
  const nodes = Object.fromEntries(
    ['node1', 'node2', 'node3'].map((name, at) => [name, { address: `10.0.0.${at + 1}` }]),
  )
  const ssh = { user: 'deploy', agent: false, key: join(folder, 'key'), config: false }
  writeFileSync(join(folder, 'key'), '')
  const inventory = { cluster: 'prod', version: '3.6.16', nodes, ssh, binaries: { installed: '/usr/bin' }, ...more }
  writeFileSync(join(folder, 'inventory.mjs'), `export default ${JSON.stringify(inventory)}\n`)
  return join(folder, 'inventory.mjs')
}

/** This machine as a host of that name. */
export function localHost(name: string): Connection {
  const shell = { ...localShell(), host: name }
  const no = () => Promise.reject(new Error('not here'))
  const host: Host = {
    name,
    target: `deploy@${name}:22`,
    cost: shell.cost,
    run: no,
    lock: no,
    dial: no,
    stream: (words, options) => streamCommand(shell, words, options),
    close: () => {},
  }
  return { kind: 'connected', host }
}

export function switchedOff(name: string): Connection {
  return {
    kind: 'unreachable',
    error: new DeployError({ host: name, message: 'no answer within 5 s', next: 'see it' }),
  }
}

/** Whom was connected to, in `connectAll`'s place. */
export type Targets = ReadonlyMap<string, SshTarget>

export interface Told {
  code: number
  stdout: string
  stderr: string
}

/** The command line here; no terminal. `onStdout`: as it comes. */
export async function toldBy(args: string[], onStdout: (all: string) => void = () => {}): Promise<Told> {
  const told = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      told[stream] += typeof text === 'string' ? text : Buffer.from(text).toString()
      if (stream === 'stdout') onStdout(told.stdout)
      return true
    }),
  )
  try {
    return { code: await main(args), ...told }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
