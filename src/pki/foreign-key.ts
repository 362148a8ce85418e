import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { DeployError, exitCode } from '../errors.ts'
import type { Secret } from '../secret.ts'

/** The first private key in a PEM file of another tool's; the passphrase is asked for only where the key is encrypted. */
export async function readForeignKey(
  pem: Secret,
  { file, passphrase }: { file: string; passphrase: () => Promise<Secret> },
): Promise<KeyObject> {
  const [block] = privateKey.exec(pem.reveal()) ?? []
  if (block === undefined) throw refusal(`${file} holds no private key in PEM`)
  if (!isEncrypted(block)) {
    const key = attempt(() => createPrivateKey(block))
    if (key === undefined) throw refusal(`the private key in ${file} cannot be read`)
    return key
  }
  const key = await decrypted(block, (await passphrase()).reveal())
  if (key !== undefined) return key
  throw refusal(`wrong passphrase: it does not open ${file}, or the key is encrypted in a way not known here`)
}

/** The text around it may be a certificate, curve parameters or `openssl`'s notes. */
const privateKey = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[^-]+(?:-[^-]+)*?-----END \1-----/

function isEncrypted(block: string): boolean {
  return block.includes('BEGIN ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(block)
}

/** OpenSSL first; what it has put away as legacy (RC2, single DES, MD5 with PBES1) the other library still reads. */
async function decrypted(block: string, passphrase: string): Promise<KeyObject | undefined> {
  const key = attempt(() => createPrivateKey({ key: block, passphrase }))
  if (key !== undefined) return key
  const { default: forge } = await import('node-forge')
  return attempt(() => {
    const [message] = forge.pem.decode(block)
    if (message?.type !== 'ENCRYPTED PRIVATE KEY')
      return createPrivateKey(forge.pki.privateKeyToPem(forge.pki.decryptRsaPrivateKey(block, passphrase)))
    const info = forge.pki.decryptPrivateKeyInfo(forge.asn1.fromDer(message.body), passphrase)
    return pkcs8(forge.asn1.toDer(info).getBytes())
  })
}

/** PrivateKeyInfo, in a string of bytes. */
export function pkcs8(bytes: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(bytes, 'latin1'), format: 'der', type: 'pkcs8' })
}

/** Without the cause of a failure: it has no fact of use, and nothing of a key may reach a log. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function refusal(message: string): DeployError {
  return new DeployError({ message, exitCode: exitCode.usage })
}
