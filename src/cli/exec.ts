import { DeployError, exitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { cleanLine } from '../ui/text.ts'
import { onHosts, type OnHostsOptions } from './on-hosts.ts'
import { runOnHosts } from './run-on-hosts.ts'

export interface ExecOptions extends OnHostsOptions {
  sudo?: true
}

/** A command on all hosts, as the login or, with `--sudo`, as root. */
export function exec(words: readonly string[], options: ExecOptions): Promise<number> {
  const [word = ''] = words
  return onHosts(
    'exec',
    options,
    async (hosts) => {
      const what = `run ${cleanLine(words.join(' '), 80)}`
      const code = await runOnHosts(hosts, words, { what, json: options.json === true })
      if (code === notFound && words.length === 1 && /\s/.test(word) && options.json !== true)
        process.stderr.write('each word is one argument; a line for a shell is run by: exec -- sh -c LINE\n')
      return code
    },
    options.sudo === true ? provenSudo : withoutSudo,
  )
}

/** As a shell tells it. */
const notFound = 127

function withoutSudo(cluster: Cluster): Cluster {
  return { ...cluster, nodes: cluster.nodes.map((node) => ({ ...node, ssh: { ...node.ssh, sudo: false } })) }
}

function provenSudo(cluster: Cluster): Cluster {
  const refused = cluster.nodes.find(({ ssh }) => ssh.sudo === false && ssh.user !== 'root')
  if (refused === undefined) return cluster
  throw new DeployError({
    host: refused.name,
    message: `--sudo: the inventory has no sudo for ${refused.ssh.user} there`,
    next: 'say ssh.sudo: true, or { password: … }, in the inventory',
    exitCode: exitCode.usage,
  })
}
