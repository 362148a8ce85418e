import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { readCertificate, type Certificate } from '../../src/pki/certificate.ts'
import type { Tls } from './grpc.ts'

export interface Handshakes {
  /** How many succeeded, and what the others ended with, port by port. */
  stop(): Promise<{ succeeded: number; failed: string[] }>
}

/** New connections to each port, one after the other: a recorder's own stay open, and never meet a certificate that is replaced. */
export function keepShakingHands(ports: readonly { host: string; port: number }[], tls: Tls): Handshakes {
  let stopping = false
  let succeeded = 0
  const failed: string[] = []
  const running = ports.map(async ({ host, port }) => {
    while (!stopping) {
      await shakeHands(host, port, tls).then(
        () => succeeded++,
        (error: Error) => failed.push(`${host}:${port}: ${error.message}`),
      )
      await sleep(5)
    }
  })
  return {
    async stop() {
      stopping = true
      await Promise.all(running)
      return { succeeded, failed }
    },
  }
}

/** The certificate that is served on a port, verified by nobody; with `tls` it must be of that CA, and ours is shown. */
export async function shakeHands(host: string, port: number, tls?: Tls): Promise<Certificate> {
  // No session is resumed: that would skip the certificates.
  const socket = connect({ host, port, ...(tls ?? { rejectUnauthorized: false }), ALPNProtocols: ['h2'] })
  socket.setTimeout(5000, () => socket.destroy(new Error('no handshake within 5 s')))
  try {
    await once(socket, 'secureConnect')
    return readCertificate(new Uint8Array(socket.getPeerCertificate().raw))
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}
