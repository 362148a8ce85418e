import { expect } from 'vitest'
import { etcdApi } from '../../instruments/etcd-api.ts'
import type { Tls } from '../../instruments/grpc.ts'
import type { Clients } from '../../instruments/recorder.ts'
import { labHost, type NodeName } from '../../lab/lab.ts'

/** By the handshake or right after it; not by a time-out or an answer of etcd's. */
const byHandshake = /alert|ECONNRESET|EPIPE|connection ended|hang up/

export function clientUrl(host: NodeName): string {
  return `https://${labHost(host).address}:2379`
}

export function clientsWith(hosts: readonly NodeName[], tls: Tls): Clients {
  return { endpoints: hosts.map((name) => ({ name, url: clientUrl(name) })), tls }
}

/** By every member, each on a connection of its own. */
export async function expectAccepted(hosts: readonly NodeName[], tls: Tls): Promise<void> {
  for (const host of hosts) await readOnce(host, tls)
}

export async function expectRefused(hosts: readonly NodeName[], tls: Tls, why = byHandshake): Promise<void> {
  for (const host of hosts) await expect(readOnce(host, tls), host).rejects.toThrow(why)
}

async function readOnce(host: NodeName, tls: Tls): Promise<void> {
  const api = etcdApi(clientUrl(host), tls)
  try {
    await api.range('any', {}, 3000)
  } finally {
    api.close()
  }
}
