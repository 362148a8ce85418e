import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '../../lab/process.ts'
import type { PkiTools } from '../../lab/releases/pki-tools.ts'

/** Paths of a certificate and its key. */
export interface ForeignPair {
  cert: string
  key: string
}

/** A CA of another tool's, made on the spot, that can issue and revoke. */
export interface ForeignCa extends ForeignPair {
  /** File that holds the passphrase of its key. */
  passphraseFile?: string
  client(name: string): Promise<ForeignPair>
  /** A member's, good for both directions: names and addresses are its SANs. */
  member(name: string, addresses: readonly string[]): Promise<ForeignPair>
  /** Answers the path of the new revocation list. */
  revoke(pair: ForeignPair): Promise<string>
}

/** With the profiles and requests that guides to etcd have: RSA or ECDSA CA, `hosts` empty for clients. */
export async function cfsslCa(
  { cfssl, cfssljson }: PkiTools,
  folder: string,
  algorithm: { algo: 'rsa' | 'ecdsa'; size: number },
): Promise<ForeignCa> {
  const at = (name: string): string => join(folder, name)
  const names = [{ C: 'US', L: 'CA', ST: 'San Francisco', O: 'My Company Name', OU: 'Org Unit 1' }]
  const usages = (...purposes: string[]) => ({ expiry: '43800h', usages: ['signing', 'key encipherment', ...purposes] })
  const profiles = {
    server: usages('server auth'),
    client: usages('client auth'),
    peer: usages('server auth', 'client auth'),
  }
  writeFileSync(at('ca-config.json'), JSON.stringify({ signing: { default: { expiry: '43800h' }, profiles } }))
  const split = async (json: string, bare: string): Promise<ForeignPair> => {
    await mustRun(cfssljson, ['-bare', at(bare)], { input: json })
    return { cert: at(`${bare}.pem`), key: at(`${bare}-key.pem`) }
  }
  const gencert = async (csr: object, name: string, ...options: string[]): Promise<ForeignPair> => {
    writeFileSync(at(`${name}-csr.json`), JSON.stringify(csr))
    return split(await mustRun(cfssl, ['gencert', ...options, at(`${name}-csr.json`)]), name)
  }
  const ca = await gencert({ CN: 'My own CA', key: algorithm, names }, 'ca', '-initca')
  const own = [`-ca=${ca.cert}`, `-ca-key=${ca.key}`, `-config=${at('ca-config.json')}`]
  const request = (cn: string, hosts: readonly string[]) => ({
    CN: cn,
    hosts,
    key: { algo: 'ecdsa', size: 256 },
    names,
  })
  const revoked: string[] = []
  return {
    ...ca,
    client: async (name) => gencert(request(name, ['']), name, ...own, '-profile=client'),
    member: async (name, addresses) => gencert(request(name, addresses), name, ...own, '-profile=peer'),
    async revoke({ cert }) {
      const printed = await mustRun('openssl', ['x509', '-in', cert, '-noout', '-serial'])
      revoked.push(BigInt(`0x${printed.trim().split('=')[1]}`).toString())
      writeFileSync(at('serials'), revoked.join('\n'))
      const base64 = await mustRun(cfssl, ['gencrl', at('serials'), ca.cert, ca.key])
      writeFileSync(at('ca.crl'), Buffer.from(base64, 'base64'))
      return at('ca.crl')
    },
  }
}

/** Its key is encrypted, as easy-rsa does unless told otherwise. */
export async function easyRsaCa({ easyrsa }: PkiTools, folder: string): Promise<ForeignCa> {
  const pki = join(folder, 'pki')
  const passphraseFile = join(folder, 'passphrase')
  // From one file openssl would take the second line for the second of the two.
  const again = join(folder, 'passphrase-again')
  for (const file of [passphraseFile, again]) writeFileSync(file, 'correct horse', { mode: 0o600 })
  const run = async (...args: string[]): Promise<string> =>
    mustRun(easyrsa, [`--passin=file:${passphraseFile}`, ...args], {
      cwd: folder,
      env: { EASYRSA_BATCH: '1', EASYRSA_PKI: pki, EASYRSA: join(easyrsa, '..') },
    })
  await run('init-pki')
  await run(`--passout=file:${again}`, '--req-cn=Easy-RSA CA', 'build-ca')
  const pair = (name: string): ForeignPair => ({
    cert: join(pki, `issued/${name}.crt`),
    key: join(pki, `private/${name}.key`),
  })
  return {
    cert: join(pki, 'ca.crt'),
    key: join(pki, 'private/ca.key'),
    passphraseFile,
    async client(name) {
      await run('build-client-full', name, 'nopass')
      return pair(name)
    },
    async member(name, addresses) {
      await run(
        `--subject-alt-name=${addresses.map(subjectAltName).join(',')}`,
        'build-serverClient-full',
        name,
        'nopass',
      )
      return pair(name)
    },
    async revoke({ cert }) {
      await run('revoke', cert.replace(/^.*\/|\.crt$/g, ''), 'superseded')
      await run('gen-crl')
      return join(pki, 'crl.pem')
    },
  }
}

/** `openssl ca`, with the database of issued certificates that it keeps. */
export async function opensslCa(folder: string): Promise<ForeignCa> {
  const at = (name: string): string => join(folder, name)
  const ca = { cert: at('ca.crt'), key: at('ca.key') }
  mkdirSync(at('issued'))
  writeFileSync(at('index.txt'), '')
  for (const [name, number] of Object.entries({ serial: '1000', crlnumber: '1000' }))
    writeFileSync(at(name), `${number}\n`)
  writeFileSync(
    at('ca.cnf'),
    `[ca]
default_ca = own
[own]
dir = ${folder}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir/issued
certificate = ${ca.cert}
private_key = ${ca.key}
default_md = sha256
default_days = 365
default_crl_days = 30
copy_extensions = copy
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
`,
  )
  const openssl = async (...args: string[]): Promise<string> => mustRun('openssl', args)
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  await openssl('req', '-x509', '-config', at('ca.cnf'), '-newkey', 'rsa:2048', '-noenc', '-days', '3650',
    '-subj', '/CN=openssl CA', '-keyout', ca.key, '-out', ca.cert, '-addext', 'basicConstraints=critical,CA:TRUE', ...usage) // prettier-ignore
  const issue = async (name: string, ...extensions: string[]): Promise<ForeignPair> => {
    const pair = { cert: at(`${name}.crt`), key: at(`${name}.key`) }
    const added = extensions.flatMap((extension) => ['-addext', extension])
    await openssl('req', '-new', '-config', at('ca.cnf'), '-newkey', 'rsa:2048', '-noenc', '-subj', `/CN=${name}`,
      '-keyout', pair.key, '-out', at(`${name}.csr`), ...added) // prettier-ignore
    await openssl('ca', '-batch', '-config', at('ca.cnf'), '-in', at(`${name}.csr`), '-out', pair.cert, '-notext')
    return pair
  }
  return {
    ...ca,
    client: async (name) => issue(name, 'extendedKeyUsage=clientAuth'),
    member: async (name, addresses) =>
      issue(
        name,
        'extendedKeyUsage=serverAuth,clientAuth',
        `subjectAltName=${addresses.map(subjectAltName).join(',')}`,
      ),
    async revoke({ cert }) {
      await openssl('ca', '-config', at('ca.cnf'), '-revoke', cert, '-crl_reason', 'keyCompromise')
      await openssl('ca', '-config', at('ca.cnf'), '-gencrl', '-out', at('ca.crl'))
      return at('ca.crl')
    },
  }
}

export function readPair({ cert, key }: ForeignPair): { cert: string; key: string } {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

function subjectAltName(name: string): string {
  return /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`
}
