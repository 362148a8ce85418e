import { DeployError, exitCode } from '../errors.ts'
import type { Cluster, Node } from '../inventory/model.ts'
import { nearest } from '../nearest.ts'

/** The node that the command line means. */
export function nodeNamed({ nodes }: Pick<Cluster, 'nodes'>, name: string, option?: string): Node {
  const found = nodes.find((node) => node.name === name)
  if (found !== undefined) return found
  const names = nodes.map((node) => node.name)
  const close = nearest(name, names)
  throw new DeployError({
    message: `${option === undefined ? '' : `${option}: `}the inventory has no node ${name}`,
    next: close === undefined ? `nodes are ${names.join(', ')}` : `did you mean ${close}?`,
    exitCode: exitCode.usage,
  })
}
