import type { KeyObject } from 'node:crypto'
import { DeployError, exitCode } from '../errors.ts'
import type { KeyPair } from './ca.ts'
import { matchesKey, signedBy } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { keyPem, signingAlgorithm } from './keys.ts'

/** A CA of another tool's, of which one can tell that etcd, Go and openssl will accept what it issues; throws where not. */
export function foreignCa(certificates: readonly Certificate[], keyObject: KeyObject, now: Date): KeyPair {
  const key = keyPem(keyObject)
  const certificate = certificates.find((each) => matchesKey(each, key))
  if (certificate === undefined) {
    const [first] = certificates
    throw refusal(
      first === undefined
        ? 'there is no certificate'
        : `the private key does not belong to the certificate "${first.subject}"`,
    )
  }
  const reason = problem(certificate, now)
  if (reason === undefined) {
    signingAlgorithm(keyObject)
    return { certificate, key }
  }
  throw refusal(`"${certificate.subject}" ${reason.is}`, reason.next)
}

interface Problem {
  is: string
  next?: string
}

function problem(certificate: Certificate, now: Date): Problem | undefined {
  const { isCa, issuer, notBefore, notAfter, key, usages } = certificate
  if (!isCa) return { is: 'is no CA: it lacks CA:TRUE in its basic constraints, or keyCertSign in its key usage' }
  if (!signedBy(certificate, certificate)) {
    return {
      is: `is an intermediate CA, signed by "${issuer}"`,
      next: 'Import a root, which members and clients can trust by itself.',
    }
  }
  if (notAfter <= now) {
    const next = 'etcd-deploy up makes a CA of its own, and rotate-certs --ca leads a running cluster to a new one.'
    return { is: `expired on ${notAfter.toISOString()}`, next }
  }
  if (notBefore > now) return { is: `is not valid before ${notBefore.toISOString()}: is the clock right?` }
  if (Number(/^rsa-(\d+)$/.exec(key)?.[1]) < 2048) return { is: `has a weak key: ${key}, wanted rsa-2048 or more` }
  const lacking = ['serverAuth', 'clientAuth'].filter((usage) => !usages.includes(usage))
  // Go holds a leaf to the extended key usages of its CA.
  if (usages.length > 0 && !usages.includes('any') && lacking.length > 0) {
    return { is: `may not issue what etcd needs: its extended key usage lacks ${lacking.join(' and ')}` }
  }
  return undefined
}

function refusal(message: string, next?: string): DeployError {
  return new DeployError({ message, ...(next !== undefined && { next }), exitCode: exitCode.usage })
}
