import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { bundleOf, matchesKey, readCertificate, signedBy } from '../../../src/pki/certificate.ts'
import type { KeyPair } from '../../../src/pki/ca.ts'
import { makeLeaf } from '../../../src/pki/leaf.ts'
import { sansOf } from '../../../src/pki/sans.ts'
import { Secret } from '../../../src/secret.ts'
import { openssl, temporaryFile } from './openssl.ts'
import { leafRequest, notBefore, sampleCa } from './samples.ts'

describe('makeLeaf', () => {
  test.each(['server', 'peer'] as const)(
    'a %s leaf may serve and dial: the JSON gateway dials its own server',
    async (kind) => {
      const leaf = await makeLeaf(await sampleCa(), leafRequest({ kind }))
      expect(leaf.certificate.usages).toEqual(['serverAuth', 'clientAuth'])
    },
  )

  test('a client leaf may dial only, and needs no names', async () => {
    const ca = await sampleCa()
    const leaf = await makeLeaf(ca, leafRequest({ kind: 'client', cn: 'root', ...sansOf([]) }))
    expect(leaf.certificate).toMatchObject({ usages: ['clientAuth'], dnsNames: [], ipAddresses: [], isCa: false })
    expect(leaf.certificate.name.cn).toBe('root')
    const args = ['-CAfile', temporaryFile(ca.certificate.pem), temporaryFile(leaf.certificate.pem)]
    expect(openssl('verify', '-purpose', 'sslclient', ...args)).toContain(': OK')
    expect(() => openssl('verify', '-purpose', 'sslserver', ...args)).toThrow('unsuitable certificate purpose')
  })

  test('names and addresses as openssl reads them', async () => {
    const leaf = await makeLeaf(
      await sampleCa(),
      leafRequest(sansOf(['Node1.Example.COM', '10.0.0.1', '2001:DB8::0:1', '::1'])),
    )
    expect(openssl('x509', '-in', temporaryFile(leaf.certificate.pem), '-noout', '-ext', 'subjectAltName')).toContain(
      'DNS:node1.example.com, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:0:0:1\n',
    )
  })

  test('only RSA keys are for key encipherment', async () => {
    const ca = await sampleCa()
    const usage = async (key: 'rsa-2048' | 'ecdsa-p256') => {
      const { certificate } = await makeLeaf(ca, leafRequest({ key }))
      return openssl('x509', '-in', temporaryFile(certificate.pem), '-noout', '-ext', 'keyUsage')
    }
    expect(await usage('rsa-2048')).toMatch(/critical\s+Digital Signature, Key Encipherment\n/)
    expect(await usage('ecdsa-p256')).toMatch(/critical\s+Digital Signature\n/)
  })

  test('it carries the identifiers of its own key and of its CA', async () => {
    const ca = await sampleCa()
    const { certificate, key } = await makeLeaf(ca, leafRequest())
    expect(certificate.authorityKeyId).toBe(ca.certificate.keyId)
    expect(certificate.keyId).toMatch(/^[0-9a-f]{40}$/)
    expect(matchesKey(certificate, key)).toBe(true)
    expect(matchesKey(certificate, ca.key)).toBe(false)
  })

  test('it never outlives its CA, and says when it was cut short', async () => {
    const ca = await sampleCa(1, { years: 1 })
    const long = await makeLeaf(ca, leafRequest({ days: 3650 }))
    expect(long).toMatchObject({ clamped: true })
    expect(long.certificate.notAfter).toEqual(ca.certificate.notAfter)
    const short = await makeLeaf(ca, leafRequest({ days: 30 }))
    expect(short).toMatchObject({ clamped: false })
    expect(short.certificate.notAfter.getTime() - notBefore.getTime()).toBe(30 * 86_400_000)
  })

  test('an expired CA issues nothing', async () => {
    const ca = await sampleCa(1, { notBefore: new Date('2020-01-01T00:00:00Z'), years: 1 })
    await expect(makeLeaf(ca, leafRequest())).rejects.toThrow(/expired on 2021-01-01/)
  })

  test('nor does one that expired a moment ago, though leaves begin before that', async () => {
    const end = new Date(Date.now() - 60_000)
    const begin = new Date(end)
    begin.setUTCFullYear(begin.getUTCFullYear() - 1)
    const ca = await sampleCa(1, { notBefore: begin, years: 1 })
    await expect(makeLeaf(ca, leafRequest())).rejects.toThrow(/it can issue nothing any more/)
  })

  test('a CA whose name is encoded in another way is named byte for byte', async () => {
    const ca = oldCa()
    expect(ca.certificate.keyId).toBeUndefined()
    const leaf = await makeLeaf(ca, leafRequest())
    expect(signedBy(leaf.certificate, ca.certificate)).toBe(true)
    expect(
      openssl('verify', '-CAfile', temporaryFile(ca.certificate.pem), temporaryFile(leaf.certificate.pem)),
    ).toContain(': OK')
  })
})

describe('a mutual handshake', () => {
  test('works where both are of trusted CAs, also of two generations', async () => {
    const [first, second] = await Promise.all([sampleCa(1), sampleCa(2)])
    const server = await makeLeaf(first, leafRequest())
    const client = await makeLeaf(second, leafRequest({ kind: 'client', cn: 'root', ...sansOf([]) }))
    expect(await handshake(server, client, bundleOf([first.certificate, second.certificate]))).toBe('root')
  })

  test('fails with a client of a CA that is not trusted', async () => {
    const [first, second] = await Promise.all([sampleCa(1), sampleCa(2)])
    const server = await makeLeaf(first, leafRequest())
    const client = await makeLeaf(second, leafRequest({ kind: 'client', cn: 'root', ...sansOf([]) }))
    await expect(handshake(server, client, bundleOf([first.certificate]))).rejects.toThrow('socket hang up')
  })
})

/** A T61String, as older tools write it, and no subject key identifier. */
function oldCa(): KeyPair {
  const config = temporaryFile(
    '[req]\nstring_mask=MASK:0x4\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\n' +
      '[dn]\nO=M\u00fcnchen\nCN=Old CA\n[ca]\nbasicConstraints=critical,CA:TRUE\n' +
      'subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n',
  )
  const [keyFile, file] = [temporaryFile(''), temporaryFile('')]
  openssl('req', '-x509', '-utf8', '-newkey', 'rsa:2048', '-nodes', '-config', config, '-keyout', keyFile, '-out', file)
  return { certificate: readCertificate(readFileSync(file)), key: new Secret(readFileSync(keyFile, 'utf8')) }
}

/** The common name that the server saw. */
async function handshake(server: KeyPair, client: KeyPair, trust: string): Promise<string | undefined> {
  const listener = createServer({
    cert: server.certificate.pem,
    key: server.key.reveal(),
    ca: trust,
    requestCert: true,
    rejectUnauthorized: true,
  })
  const seen = new Promise<string | undefined>((resolve, reject) => {
    listener.on('secureConnection', (socket: TLSSocket) => {
      const { CN } = socket.getPeerCertificate().subject
      resolve([CN].flat()[0])
    })
    listener.on('tlsClientError', reject)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, cert: client.certificate.pem, key: client.key.reveal(), ca: trust })
  socket.on('error', () => {})
  try {
    return await seen
  } finally {
    socket.destroy()
    listener.close()
  }
}
