import type { Tls } from '../../instruments/grpc.ts'
import { shakeHands } from '../../instruments/handshakes.ts'
import { hostOutput, labHost, type NodeName } from '../../lab/lab.ts'

/**
 * Serials that members show on the wire, whatever lies on their disks: `node1 server` → serial. Before TLS 1.3, which etcd 3.3 does not
 * know, only a client with a certificate gets so far.
 */
export async function servedSerials(hosts: readonly NodeName[], tls?: Tls): Promise<Record<string, string>> {
  const ports = { server: 2379, peer: 2380 }
  const seen = hosts.flatMap((host) =>
    Object.entries(ports).map(async ([use, port]) => {
      const { serial } = await shakeHands(labHost(host).address, port, tls)
      return [`${host} ${use}`, serial] as const
    }),
  )
  return Object.fromEntries(await Promise.all(seen))
}

/** When each member's process was started: equal before and after, nobody restarted. */
export function startTimes(hosts: readonly NodeName[]): Promise<string[]> {
  const started = 'systemctl show etcd -p MainPID,ExecMainStartTimestampMonotonic,NRestarts'
  return Promise.all(hosts.map((host) => hostOutput(host, started)))
}

/** Keys whose values are not the same in both. */
export function differing(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((key) => before[key] !== after[key])
}
