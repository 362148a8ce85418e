import { makeCa } from '../../../src/pki/ca.ts'
import type { KeyPair } from '../../../src/pki/ca.ts'
import type { LeafRequest } from '../../../src/pki/leaf.ts'
import { sansOf } from '../../../src/pki/sans.ts'

/** Five minutes before now, as `up` dates what it makes. */
export const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000 - 300_000)

export async function sampleCa(generation = 1, request: Partial<Parameters<typeof makeCa>[0]> = {}): Promise<KeyPair> {
  return makeCa({ cluster: 'prod', generation, key: 'ecdsa-p256', subject: {}, notBefore, years: 10, ...request })
}

export function leafRequest(request: Partial<LeafRequest> = {}): LeafRequest {
  return {
    kind: 'server',
    cn: 'node1',
    subject: { organization: 'Example' },
    ...sansOf(['node1', 'localhost', '127.0.0.1', '::1']),
    key: 'ecdsa-p256',
    notBefore,
    days: 365,
    ...request,
  }
}
