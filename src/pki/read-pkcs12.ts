import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { asn1 } from 'node-forge'
import { DeployError, exitCode } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { readCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { pkcs8 } from './foreign-key.ts'

type Forge = typeof import('node-forge')

interface Pkcs12 {
  certificates: Certificate[]
  keys: KeyObject[]
}

/** A PKCS#12 file of any age: Node itself reads none. */
export async function readPkcs12(
  bytes: Uint8Array,
  { file, passphrase }: { file: string; passphrase: () => Promise<Secret> },
): Promise<Pkcs12> {
  const { default: forge } = await import('node-forge')
  const der = parse(forge, bytes, file)
  const said = (await passphrase()).reveal()
  // PBES2 takes the passphrase in UTF-8, the older ways in UTF-16: the library passes on what it is given.
  for (const form of new Set([said, forge.util.encodeUtf8(said)])) {
    try {
      return contents(forge, forge.pkcs12.pkcs12FromAsn1(der, form))
    } catch {
      // Without the cause: nothing of a key may reach a log.
    }
  }
  throw refusal(`wrong passphrase: it does not open ${file}, or the file is encrypted in a way not known here`)
}

function parse(forge: Forge, bytes: Uint8Array, file: string): asn1.Asn1 {
  try {
    return forge.asn1.fromDer(Buffer.from(bytes).toString('latin1'))
  } catch {
    throw refusal(`${file} is no PKCS#12 file`)
  }
}

function contents(forge: Forge, file: import('node-forge').pkcs12.Pkcs12Pfx): Pkcs12 {
  const bags = file.safeContents.flatMap(({ safeBags }) => safeBags)
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids
  const bytes = (tree: asn1.Asn1): string => forge.asn1.toDer(tree).getBytes()
  const certificate = ({ cert, asn1: tree }: (typeof bags)[number]): Certificate =>
    readCertificate(Buffer.from(bytes(cert ? forge.pki.certificateToAsn1(cert) : tree), 'latin1'))
  // The library knows RSA keys; others it hands over as they are.
  const key = ({ key: rsa, asn1: tree }: (typeof bags)[number]): KeyObject =>
    rsa ? createPrivateKey(forge.pki.privateKeyToPem(rsa)) : pkcs8(bytes(tree))
  return {
    certificates: bags.filter(({ type }) => type === certBag).map(certificate),
    keys: bags.filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag).map(key),
  }
}

function refusal(message: string): DeployError {
  return new DeployError({ message, exitCode: exitCode.usage })
}
