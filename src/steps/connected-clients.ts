import { observe } from '../engine/observe.ts'
import type { HostReading, Look } from '../engine/playbook.ts'
import { commandTimeout } from '../inventory/timeouts.ts'
import type { Cluster } from '../inventory/model.ts'
import type { SeeContext } from './see-hosts.ts'

/** Addresses of clients by the members that they are connected to, members themselves left out; undefined: no host could tell. */
export async function connectedClients({
  cluster,
  ...context
}: SeeContext): Promise<ReadonlyMap<string, string[]> | undefined> {
  const looks = (host: string): Look[] => {
    const node = cluster.nodes.find(({ name }) => name === host)
    return node === undefined
      ? []
      : [{ name: 'clients', script: { text: clientsScript, args: [String(node.client.port)] } }]
  }
  const options = { ...context, looks, timeoutMs: commandTimeout(cluster), concurrency: cluster.concurrency }
  const readings = await observe(options, [...context.connections.keys()])
  const told = [...readings].flatMap(([host, reading]) => {
    const output = outputOf(reading)
    return output === undefined ? [] : [{ host, addresses: clientAddresses(output, cluster) }]
  })
  if (told.length === 0) return undefined
  const pairs = told.flatMap(({ host, addresses }) => addresses.map((address) => ({ host, address })))
  return new Map(
    [...Map.groupBy(pairs, ({ address }) => address)].map(([address, each]) => [address, each.map(({ host }) => host)]),
  )
}

const clientsScript = `
command -v ss >/dev/null || exit 1
ss -Htn state established "( sport = :$1 )"
`

function outputOf(reading: HostReading): string | undefined {
  if (reading.kind !== 'read') return undefined
  const output = reading.outputs['clients']
  return output?.code === 0 ? output.stdout : undefined
}

/** Lines of ss end in `ADDRESS:PORT` of the other side; a v6 address stands in brackets, a v4 one may be mapped. */
function clientAddresses(output: string, { nodes }: Cluster): string[] {
  const own = new Set(nodes.flatMap(({ peer, client }) => [peer.address, client.address, ...client.advertise]))
  const all = output.split('\n').flatMap((line) => {
    const address = line
      .trim()
      .match(/(\S+):\d+$/)?.[1]
      ?.replaceAll(/[[\]]/g, '')
      .replace(/^::ffff:/, '')
    return address === undefined || own.has(address) || address === '::1' || address.startsWith('127.') ? [] : [address]
  })
  return [...new Set(all)]
}
