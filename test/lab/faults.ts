import { docker } from './docker.ts'
import { labHost, type HostName } from './hosts.ts'
import { hostOutput } from './on-host.ts'
import { LabError } from './process.ts'

/** `in`: others can't reach the port here; `out`: this host can't reach it elsewhere. Loopback goes on. */
export type Direction = 'in' | 'out' | 'both'

/** Silence, as a firewall or a cut cable gives: packets are dropped, open connections included. */
export async function cutPort(name: HostName, port: number, direction: Direction = 'both'): Promise<void> {
  const rules: string[] = []
  for (const tables of ['iptables', 'ip6tables']) {
    if (direction !== 'out') rules.push(`${tables} -w -I ${chain.in} ! -i lo -p tcp --dport ${port} -j DROP`)
    if (direction !== 'in') rules.push(`${tables} -w -I ${chain.out} ! -o lo -p tcp --dport ${port} -j DROP`)
  }
  await hostOutput(name, `${chains(':')}\n${rules.join('\n')}`)
}

/** Undoes every cutPort on this host. */
export async function healPorts(name: HostName): Promise<void> {
  await hostOutput(name, chains('$tables -w -F $chain'))
}

/** Frozen: it keeps its connections and answers nothing. */
export async function pauseHost(name: HostName): Promise<void> {
  await mustDocker('pause', name)
}

export async function unpauseHost(name: HostName): Promise<void> {
  await mustDocker('unpause', name)
}

/** Power cut. */
export async function killHost(name: HostName): Promise<void> {
  await mustDocker('kill', name)
}

/** Power back: it boots with its own disk. */
export async function startHost(name: HostName): Promise<void> {
  await mustDocker('start', name)
}

const chain = { in: 'LAB_IN', out: 'LAB_OUT' }

/** Chains of the lab's own, so that healing leaves other rules alone; `known` is what to do with one that is there. */
function chains(known: string): string {
  return `set -e
for tables in iptables ip6tables; do
  for pair in INPUT:${chain.in} OUTPUT:${chain.out}; do
    hook=\${pair%%:*} chain=\${pair##*:}
    $tables -w -N $chain 2>/dev/null || ${known}
    $tables -w -C $hook -j $chain 2>/dev/null || $tables -w -I $hook -j $chain
  done
done`
}

async function mustDocker(verb: string, name: HostName): Promise<void> {
  const { code, stderr } = await docker([verb, labHost(name).container])
  if (code !== 0) throw new LabError(`docker ${verb} ${name}: ${stderr.trim()}`)
}
