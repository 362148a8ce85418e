import { DeployError, exitCode } from '../errors.ts'
import type { Certificate } from '../pki/certificate.ts'
import { crlSignedBy } from '../pki/crl.ts'
import { readCrl } from '../pki/read-crl.ts'
import type { Revocation } from '../pki/state.ts'
import { bytesOf } from './read-foreign-ca.ts'

/** What this CA has revoked elsewhere: it stays revoked. A list of another CA is refused. */
export async function readForeignCrl(path: string, ca: Certificate): Promise<Revocation[]> {
  const crl = readCrl(await bytesOf(path))
  if (await crlSignedBy(crl.der, ca)) return crl.revoked
  throw new DeployError({
    message: `${path} is a revocation list of another CA than "${ca.subject}"`,
    exitCode: exitCode.usage,
  })
}
