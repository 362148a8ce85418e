import { readFile } from 'node:fs/promises'
import { DeployError, exitCode } from '../errors.ts'
import type { KeyPair } from '../pki/ca.ts'
import { readCertificate, readCertificates } from '../pki/certificate.ts'
import type { Certificate } from '../pki/certificate.ts'
import { foreignCa } from '../pki/foreign-ca.ts'
import { readForeignKey } from '../pki/foreign-key.ts'
import { readPkcs12 } from '../pki/read-pkcs12.ts'
import { Secret } from '../secret.ts'

/** Files of a CA made by cfssl, openssl, easy-rsa, etcdadm, kubeadm, …. */
export type CaSource = { cert: string; key: string } | { p12: string }

/** Reads and judges them; the passphrase is asked for only where something is encrypted. */
export async function readForeignCa(source: CaSource, now: Date, passphrase: () => Promise<Secret>): Promise<KeyPair> {
  if ('p12' in source) {
    const { certificates, keys } = await readPkcs12(await bytesOf(source.p12), { file: source.p12, passphrase })
    const [key, ...more] = keys
    if (key === undefined || more.length > 0)
      throw refusal(`${source.p12} holds ${keys.length} private keys, wanted one`)
    return foreignCa(certificates, key, now)
  }
  const certificates = certificatesIn(await bytesOf(source.cert), source.cert)
  const pem = new Secret((await bytesOf(source.key)).toString('latin1'))
  return foreignCa(certificates, await readForeignKey(pem, { file: source.key, passphrase }), now)
}

export async function bytesOf(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    const answered = cause instanceof Error ? cause.message : String(cause)
    throw new DeployError({ message: `${path} cannot be read`, answered, exitCode: exitCode.usage, cause })
  })
}

function certificatesIn(bytes: Buffer, path: string): Certificate[] {
  try {
    const bundle = readCertificates(bytes.toString('latin1'))
    return bundle.length > 0 ? bundle : [readCertificate(bytes)]
  } catch (cause) {
    throw new DeployError({ message: `${path} holds no certificate in PEM or DER`, exitCode: exitCode.usage, cause })
  }
}

function refusal(message: string): DeployError {
  return new DeployError({ message, exitCode: exitCode.usage })
}
