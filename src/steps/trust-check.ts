import { DeployError, exitCode } from '../errors.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster } from '../inventory/model.ts'
import { readCertificates, signedBy, type Certificate } from '../pki/certificate.ts'
import type { PkiStore } from '../pki/store.ts'
import { managedBy } from './foreign.ts'
import { hasMemberData } from './formation.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'

/** A CA is made only where nobody holds one of this cluster: a second CA would lock every member and client out. */
export function refuseOtherPki(cluster: Cluster, seen: Seen, store: PkiStore | undefined): DeployError[] {
  const at = layoutOf(cluster)
  return reachedHosts(seen).flatMap(([host, on]) => {
    const authorities = certificatesIn(on, at.peerCa)
    const wanted = authorities.map((ca) => `${ca.subject}, SHA-256 ${ca.fingerprint}`).join('; ')
    if (store === undefined) {
      if (authorities.length > 0)
        return [
          refusal(cluster, host, 'this host holds certificates of this cluster, but there is no pki/ here', wanted),
        ]
      // Data without a sign of ours was made by somebody else: formation.ts says so.
      const begun = managedBy(on.files.get(at.env)?.text ?? '') === cluster.name && hasMemberData(cluster, on)
      if (begun || on.formed !== undefined) {
        return cluster.tls.mode === 'off'
          ? []
          : [
              refusal(
                cluster,
                host,
                'this host holds data of this cluster, but there is no pki/ here',
                'the pki/ folder with which it was set up',
              ),
            ]
      }
      return []
    }
    if (cluster.tls.mode === 'off') return []
    const known = new Set(store.authorities.map(({ certificate }) => certificate.fingerprint))
    const unknown = authorities.filter((ca) => !known.has(ca.fingerprint))
    if (authorities.length > 0 && unknown.length === authorities.length) {
      return [refusal(cluster, host, `this host trusts another CA than the one in ${store.folder}`, wanted)]
    }
    // A rotation that was begun with another copy: going on with this one would take away the CA that clients were given.
    if (unknown.length > 0) {
      return [
        refusal(
          cluster,
          host,
          `${store.folder} is an older copy: this host trusts a CA that it does not know`,
          unknown.map((ca) => `the copy with ${ca.subject}, SHA-256 ${ca.fingerprint}`).join('; '),
        ),
      ]
    }
    if (isPast(store, authorities)) {
      return [
        refusal(
          cluster,
          host,
          `${store.folder} is an older copy: it is amid a CA rotation that this host has behind it`,
          `the copy that trusts ${wanted} alone`,
        ),
      ]
    }
    const stranger = [at.serverCert, at.peerCert]
      .flatMap((path) => certificatesIn(on, path))
      .find((leaf) => !store.knows(leaf.serial) && isOurs(store, leaf))
    if (stranger === undefined) return []
    return [
      refusal(
        cluster,
        host,
        `${store.folder} is an older copy: this host has a certificate that it does not know`,
        `the copy that issued serial ${stranger.serial}`,
      ),
    ]
  })
}

/** Another's, put there by hand, is no sign of a later copy: it is replaced. */
function isOurs(store: PkiStore, leaf: Certificate): boolean {
  return store.authorities.some(({ certificate }) => signedBy(leaf, certificate))
}

/** What hosts trust follows `pki/`: one that has given up the former CA has heard so from a later copy. */
function isPast(store: PkiStore, authorities: readonly Certificate[]): boolean {
  if (store.next === undefined || authorities.length === 0) return false
  const trusts = (ca: Certificate): boolean => authorities.some(({ fingerprint }) => fingerprint === ca.fingerprint)
  return trusts(store.ca(store.next)) && !store.trust().peer.every(trusts)
}

function certificatesIn(on: ReachedHost, path: string): Certificate[] {
  const text = on.files.get(path)?.text
  if (text === undefined) return []
  try {
    return readCertificates(text)
  } catch {
    return []
  }
}

function refusal(cluster: Cluster, host: string, message: string, wanted: string): DeployError {
  return new DeployError({
    message,
    host,
    tried: `compare the host's CA with ${cluster.pki.dir}`,
    answered: `wanted: ${wanted}`,
    next: [
      'copy the pki/ folder from the machine that set the cluster up (it holds the CA key: keep it safe)',
      'nothing was changed, and no new CA was made',
    ],
    exitCode: exitCode.refused,
  })
}
