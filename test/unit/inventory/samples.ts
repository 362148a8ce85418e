import { expect } from 'vitest'
import { DeployErrors } from '../../../src/errors.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import { examineInventory, refusal } from '../../../src/inventory/resolve.ts'
import type { Surroundings } from '../../../src/inventory/ssh.ts'

type Parts = Record<string, unknown>

/** Three members on hosts of their own, as small as an inventory can be. */
export function minimal(parts: Parts = {}): Parts {
  const nodes = { node1: { address: '10.0.0.1' }, node2: { address: '10.0.0.2' }, node3: { address: '10.0.0.3' } }
  return { cluster: 'prod', version: '3.6.16', nodes, ...parts }
}

/** `minimal` with `node2` changed. */
export function withNode(node: unknown, parts: Parts = {}): Parts {
  return minimal({ ...parts, nodes: { node1: { address: '10.0.0.1' }, node2: node, node3: { address: '10.0.0.3' } } })
}

const surroundings: Surroundings = {
  file: '/home/ana/prod/inventory.ts',
  folder: '/home/ana/prod',
  env: {},
  home: '/home/ana',
  user: 'ana',
  exists: () => false,
}

export function resolved(raw: unknown, around: Partial<Surroundings & { connects: boolean }> = {}): Cluster {
  const examined = examineInventory(raw, { connects: false, ...surroundings, ...around })
  if (examined.kind === 'right') return examined.cluster
  throw refusal(around.file ?? surroundings.file, examined.problems, () => undefined)
}

/** The messages of what is refused; none: it is accepted. */
export function refusals(raw: unknown, around: Partial<Surroundings & { connects: boolean }> = {}): string[] {
  try {
    resolved(raw, around)
    return []
  } catch (error) {
    if (!(error instanceof DeployErrors)) throw error
    expect([error.exitCode, ...error.problems.map((problem) => problem.exitCode)]).toEqual([
      2,
      ...error.problems.map(() => 2),
    ])
    return error.problems.map((problem) => problem.message)
  }
}
