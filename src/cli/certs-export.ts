import { resolve } from 'node:path'
import { refuseReserved } from '../certs/client-request.ts'
import { handoutFiles } from '../certs/handout.ts'
import { secretYaml } from '../certs/secret-yaml.ts'
import { writeFiles } from '../certs/write-files.ts'
import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import type { Secret } from '../secret.ts'
import { askAboutStrangers, newestOf, writeHandout } from './certs-issue.ts'
import { secretOption } from './certs-options.ts'
import { locally, needStore, type LocalSession } from './certs-session.ts'
import type { CommonOptions } from './options.ts'

export interface ExportOptions extends CommonOptions {
  format: 'pem' | 'p12' | 'secret'
  out?: string
  passwordEnv?: string
  passwordFile?: string
}

export function certsExport(name: string, options: ExportOptions): Promise<ExitCode> {
  return locally(options, async (session) => {
    refuseReserved(name)
    const store = needStore(session)
    const leaf = newestOf(store, name)
    if (leaf === undefined) {
      const next = `etcd-deploy certs issue ${name} makes one.`
      throw new DeployError({ message: `there is no client certificate ${name}`, next, exitCode: exitCode.usage })
    }
    if (store.isRevoked(leaf.serial)) session.tell(`${name} is revoked: members refuse it`)
    if (options.format === 'pem') await exportPem(session, store, leaf, options)
    else if (options.format === 'p12') await exportPkcs12(session, store, leaf, options)
    else await exportSecret(session, store, leaf, options)
    return exitCode.done
  })
}

async function exportPem(session: LocalSession, store: PkiStore, leaf: StoredLeaf, { out }: ExportOptions) {
  const folder = resolve(out ?? leaf.name)
  await askAboutStrangers(session, store, folder, leaf.name)
  await writeHandout(store, leaf, folder)
  session.tell(`${folder}: ca.crt, ${leaf.name}.crt and ${leaf.name}.key`)
}

async function exportPkcs12(session: LocalSession, store: PkiStore, leaf: StoredLeaf, options: ExportOptions) {
  const file = resolve(options.out ?? `${leaf.name}.p12`)
  const flags = { flag: '--password', env: options.passwordEnv, file: options.passwordFile } as const
  const password = await secretOption(session, flags, { label: `password for ${leaf.name}.p12`, twice: true })
  if (password.reveal() === '') throw new DeployError({ message: 'the password is empty', exitCode: exitCode.usage })
  const { makePkcs12 } = await import('../pki/make-pkcs12.ts')
  const content = await makePkcs12(leaf, store.trust().client, { name: leaf.name, password })
  await replaceIfAllowed(session, file, content)
}

async function exportSecret(session: LocalSession, store: PkiStore, leaf: StoredLeaf, { out }: ExportOptions) {
  const yaml = secretYaml(leaf.name, handoutFiles(store, leaf))
  if (out === undefined) process.stdout.write(yaml.reveal())
  else await replaceIfAllowed(session, resolve(out), yaml)
}

async function replaceIfAllowed({ ask, tell }: LocalSession, path: string, content: Secret | Secret<Uint8Array>) {
  const { existsSync } = await import('node:fs')
  if (existsSync(path) && !(await ask.confirm(`${path} is there already. Overwrite?`, '--yes'))) {
    throw new DeployError({ message: `nothing was written: ${path} is there already`, exitCode: exitCode.refused })
  }
  await writeFiles([{ path, content, mode: 0o600 }])
  tell(`${path}: certificate, key and the CA to trust`)
}
