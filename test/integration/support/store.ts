import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleOf } from '../../../src/pki/certificate.ts'
import { openPki } from '../../../src/pki/open.ts'
import type { PkiStore, StoredLeaf } from '../../../src/pki/store.ts'
import type { Tls } from '../../instruments/grpc.ts'
import type { Site } from './site.ts'

export async function storeOf({ pki }: Site): Promise<PkiStore> {
  const store = await openPki(pki, 'test')
  if (store === undefined) throw new Error('there is no pki/')
  return store
}

/** `ca`: the generation that signed it; the one that issues now. */
export async function clientLeaf(site: Site, name: string, ca?: number): Promise<StoredLeaf> {
  const leaf = (await storeOf(site)).leaf(name, 'client', ca)
  if (leaf === undefined) throw new Error(`pki/ has no certificate of ${name}`)
  return leaf
}

/** What a client was given when it was set up, and nothing since. */
export async function tlsOf(site: Site, name: string, ca?: number): Promise<Required<Tls>> {
  const { certificate, key } = await clientLeaf(site, name, ca)
  return { ca: bundleOf((await storeOf(site)).trust().client), cert: certificate.pem, key: key.reveal() }
}

/** A file that was written at a pause, for people to give to clients. */
export function handedOut({ pki }: Site, name: string): string {
  return readFileSync(join(pki, 'test', 'clients', name), 'utf8')
}
