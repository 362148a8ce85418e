import { openPki } from '../../../src/pki/open.ts'
import { bundleOf } from '../../../src/pki/certificate.ts'
import type { Clients } from '../../instruments/recorder.ts'
import { hostOutput, labHost, type NodeName } from '../../lab/lab.ts'
import type { Site } from './site.ts'

/** The cluster as a client with the admin certificate sees it. */
export async function clientsOf(site: Site): Promise<Clients> {
  const endpoints = hostsOf(site).map((name) => ({ name, url: `https://${labHost(name).address}:2379` }))
  const store = await openPki(site.pki, site.inventory.cluster)
  const admin = store?.leaf('admin', 'client')
  if (store === undefined || admin === undefined) throw new Error(`${site.pki} has no admin certificate`)
  return {
    endpoints,
    tls: { ca: bundleOf(store.trust().client), cert: admin.certificate.pem, key: admin.key.reveal() },
  }
}

/** Clients that know the members there instead; not at all where undefined. */
export async function clientsAt(site: Site, places: Partial<Record<string, string | undefined>>): Promise<Clients> {
  const clients = await clientsOf(site)
  const endpoints = clients.endpoints
    .filter(({ name }) => !(name in places) || places[name] !== undefined)
    .map(({ name, url }) => {
      const { address } = labHost(name as NodeName)
      return { name, url: url.replace(address, places[name] ?? address) }
    })
  return { ...clients, endpoints }
}

function hostsOf(site: Site): NodeName[] {
  return Object.keys(site.inventory.nodes) as NodeName[]
}

/** Asked on `host`, of all members. */
export async function leadership(host: NodeName): Promise<{ leader: string; term: number }> {
  const members = await asked<{ members: { ID: number; name: string }[] }>(host, 'member list')
  const statuses = await asked<{ Status: { header: { member_id: number }; leader: number; raftTerm: number } }[]>(
    host,
    'endpoint status --cluster',
  )
  const status = statuses.find(({ Status }) => Status.leader === Status.header.member_id)?.Status
  const leader = members.members.find(({ ID }) => ID === status?.leader)?.name
  if (status === undefined || leader === undefined) throw new Error('there is no leader')
  return { leader, term: status.raftTerm }
}

/** Throws unless all members answer. */
export async function expectHealthy(host: NodeName): Promise<void> {
  await hostOutput(host, 'etcdctl endpoint health --cluster')
}

/** etcd prints 64-bit ids as bare numbers: alike numbers stay alike, which is all that is asked of them. */
async function asked<T>(host: NodeName, question: string): Promise<T> {
  return JSON.parse(await hostOutput(host, `etcdctl ${question} -w json`)) as T
}
