import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { matchesKey, readCertificate, readCertificates } from '../pki/certificate.ts'
import type { PkiStore } from '../pki/store.ts'
import { Secret } from '../secret.ts'

/** The files among those to be written that are there and did not come from this store. */
export async function strangeFiles(store: PkiStore, folder: string, name: string): Promise<string[]> {
  const [ca, certificate, key] = ['ca.crt', `${name}.crt`, `${name}.key`].map((file) => join(folder, file))
  const of = async (path: string | undefined, ours: (text: string) => Promise<boolean>): Promise<string[]> => {
    if (path === undefined) return []
    const text = await textOf(path)
    return text === undefined || (await ours(text).catch(() => false)) ? [] : [path]
  }
  const found = await Promise.all([
    of(ca, async (text) => ourBundle(store, text)),
    of(certificate, async (text) => store.knows(readCertificate(text).serial)),
    // A key is ours where it belongs to a certificate of ours beside it.
    of(key, async (text) => {
      const beside = readCertificate((await textOf(certificate ?? '')) ?? '')
      return store.knows(beside.serial) && matchesKey(beside, new Secret(text))
    }),
  ])
  return found.flat()
}

function ourBundle(store: PkiStore, text: string): boolean {
  const known = new Set(store.authorities.map(({ certificate }) => certificate.fingerprint))
  const bundle = readCertificates(text)
  return bundle.length > 0 && bundle.every(({ fingerprint }) => known.has(fingerprint))
}

/** Undefined: nothing is there. A link or a folder is there, and is nobody's certificate. */
async function textOf(path: string): Promise<string | undefined> {
  const seen = await lstat(path).catch(() => undefined)
  if (seen === undefined) return undefined
  return seen.isFile() ? readFile(path, 'utf8') : ''
}
