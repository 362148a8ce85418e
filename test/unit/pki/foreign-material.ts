import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openssl, temporaryFolder } from './openssl.ts'

export const passphrase = 'correct horse'

/** A self-signed CA as `openssl req` makes it, with its key in the clear; `options` as its command line has them. */
export function opensslCa(...options: string[]): { folder: string; cert: string; key: string } {
  const folder = temporaryFolder()
  const [cert, key] = [join(folder, 'ca.crt'), join(folder, 'ca.key')]
  writeFileSync(join(folder, 'pass'), passphrase)
  writeFileSync(join(folder, 'req.cnf'), '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=foreign CA\n')
  const about = options.some((option) => option.startsWith('-newkey') || option === '-key')
    ? []
    : ['-newkey', 'rsa:2048']
  const keyOptions = options.includes('-key') ? [] : ['-noenc', '-keyout', key]
  openssl('req', '-x509', '-config', join(folder, 'req.cnf'), '-out', cert, ...keyOptions, ...about, ...options)
  return { folder, cert, key }
}

export const caExtensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign,cRLSign']
export const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
