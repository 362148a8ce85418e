import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DeployError, exitCode } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { KeyPair } from './ca.ts'
import { readCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { replaceFile } from './publish.ts'
import type { Files } from './publish.ts'
import type { IssuedLeaf } from './state.ts'

/**
 * Where things lie: every change publishes one folder, named by its revision, with `cluster.json` and whatever the change made.
 *
 *     pki/prod/1/cluster.json  ca.crt  ca.key  crl.der
 *     pki/prod/2/cluster.json  server/node1.crt  server/node1.key  …
 *
 * The private keys of leaves are kept here too: a rerun must be able to tell that a host holds the right one, and to push it
 * again, without issuing anew. Only hosts that serve with a key get it; the CA key leaves this folder never.
 */
export const stateFile = 'cluster.json'
export const crlFile = 'crl.der'

export function clusterFolder(root: string, cluster: string): string {
  return join(resolve(root), fileName(cluster))
}

export function caFiles(ca: KeyPair): Files {
  return { 'ca.crt': ca.certificate.pem, 'ca.key': ca.key }
}

export function leafFiles({ kind, name }: Pick<IssuedLeaf, 'kind' | 'name'>, leaf: KeyPair): Files {
  const path = `${kind}/${fileName(name)}`
  return { [`${path}.crt`]: leaf.certificate.pem, [`${path}.key`]: leaf.key }
}

/** Where the certificate of a leaf lies; its key is beside it. */
export function leafPath(
  folder: string,
  { kind, name, revision }: Pick<IssuedLeaf, 'kind' | 'name' | 'revision'>,
): string {
  return join(folder, String(revision), kind, `${fileName(name)}.crt`)
}

export async function loadCa(folder: string, revision: number): Promise<Certificate> {
  return readCertificate(await load(join(folder, String(revision), 'ca.crt')))
}

/** Read only when something is signed: a rerun that changes nothing needs no CA key. */
export async function loadCaKey(folder: string, revision: number): Promise<Secret> {
  return new Secret(await load(join(folder, String(revision), 'ca.key')))
}

/** The same key, now encrypted; renamed into place, so that at any moment one of the two is there, whole. */
export async function replaceCaKey(folder: string, revision: number, key: Secret): Promise<void> {
  await replaceFile(join(folder, String(revision), 'ca.key'), key)
}

export async function loadLeaf(folder: string, { kind, name, revision }: IssuedLeaf): Promise<KeyPair> {
  const path = join(folder, String(revision), kind, fileName(name))
  const [certificate, key] = await Promise.all([load(`${path}.crt`), load(`${path}.key`)])
  return { certificate: readCertificate(certificate), key: new Secret(key) }
}

export async function loadCrl(folder: string, revision: number): Promise<Uint8Array> {
  return new Uint8Array(await readFile(join(folder, String(revision), crlFile)).catch(incomplete))
}

/** A file that a whole store has. */
export async function load(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(incomplete)
}

/** A name that is one path component everywhere, and never hidden. */
function fileName(name: string): string {
  return encodeURIComponent(name).replace(/^\./, '%2E')
}

function incomplete(cause: unknown): never {
  throw new DeployError({
    message: 'the folder of keys is not complete',
    answered: cause instanceof Error ? cause.message : String(cause),
    next: 'Restore it whole from a copy.',
    exitCode: exitCode.refused,
    cause,
  })
}
