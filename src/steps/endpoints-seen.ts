import { envValues } from '../etcd/env-file.ts'
import { layoutOf } from '../etcd/layout.ts'
import { canonicalAddress } from '../inventory/address.ts'
import type { Cluster, Endpoints } from '../inventory/model.ts'
import type { ReachedHost } from './seen.ts'

/** Where a member was put the last time that its settings were written; undefined where that can't be read. */
export function endpointsOn(cluster: Cluster, on: ReachedHost): Endpoints | undefined {
  const env = envValues(on.files.get(layoutOf(cluster).env)?.text ?? '')
  const places = (name: string): Place[] => (env[name] ?? '').split(',').flatMap((url) => placeOf(url) ?? [])
  const [peer] = places('ETCD_INITIAL_ADVERTISE_PEER_URLS')
  const [peerListen] = places('ETCD_LISTEN_PEER_URLS')
  const [clientListen] = places('ETCD_LISTEN_CLIENT_URLS')
  const advertise = places('ETCD_ADVERTISE_CLIENT_URLS')
  const [client] = advertise
  if (peer === undefined || peerListen === undefined || clientListen === undefined || client === undefined)
    return undefined
  return {
    peer: { ...peer, listen: peerListen.address },
    client: { ...client, listen: clientListen.address, advertise: advertise.map(({ address }) => address) },
  }
}

interface Place {
  address: string
  port: number
}

function placeOf(url: string): Place | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, port, protocol } = new URL(url)
  const address = canonicalAddress(hostname.replaceAll(/[[\]]/g, ''))
  return { address, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}
