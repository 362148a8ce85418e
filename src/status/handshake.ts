import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'

import { readCertificate, type Certificate } from '../pki/certificate.ts'
import type { StoredLeaf } from '../pki/store.ts'

/** The admin client certificate: etcd's peer port takes it too, as it names no address that could be the wrong one. */
export type Credentials = Pick<StoredLeaf, 'certificate' | 'key'>

/**
 * A TLS handshake with whoever is there, to see which certificate is served: nothing is trusted because of it, so that an expired or
 * foreign one is seen as well.
 */
export async function shakeHands(
  socket: Duplex,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<{ secure: TLSSocket; certificate: Certificate }> {
  const own = credentials === undefined ? {} : { cert: credentials.certificate.pem, key: credentials.key.reveal() }
  const secure = connect({ socket, rejectUnauthorized: false, ...own })
  // At once and for good: an abort destroys the socket below it, and an error that nobody hears ends the process.
  secure.on('error', () => {})
  try {
    await once(secure, 'secureConnect', { signal })
  } catch (error) {
    secure.destroy()
    throw error
  }
  const certificate = secure.getPeerX509Certificate()
  if (certificate === undefined) throw new Error('no certificate was served')
  return { secure, certificate: readCertificate(certificate.raw) }
}
