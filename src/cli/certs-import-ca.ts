import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { readForeignCa, type CaSource } from '../certs/read-foreign-ca.ts'
import { readForeignCrl } from '../certs/read-foreign-crl.ts'
import { crlTimes } from '../pki/crl-times.ts'
import { secretOption } from './certs-options.ts'
import { locally } from './certs-session.ts'
import type { CommonOptions } from './options.ts'

export interface ImportOptions extends CommonOptions {
  cert?: string
  key?: string
  p12?: string
  crl?: string
  passphraseEnv?: string
  passphraseFile?: string
}

export function certsImportCa(options: ImportOptions): Promise<ExitCode> {
  return locally(options, async (session) => {
    const { cluster, reveal, tell, store } = session
    const source = sourceOf(options)
    const now = new Date()
    const file = 'p12' in source ? source.p12 : source.key
    const flags = { flag: '--passphrase', env: options.passphraseEnv, file: options.passphraseFile } as const
    const ca = await readForeignCa(source, now, async () =>
      secretOption(session, flags, { label: `passphrase of ${file}` }),
    )
    const revoked = options.crl === undefined ? [] : await readForeignCrl(options.crl, ca.certificate)
    const times = crlTimes(cluster, now)
    const subject = ca.certificate.subject
    if (store === undefined) {
      const [{ createPkiFrom }, { passphraseFrom }] = await Promise.all([
        import('../pki/open.ts'),
        import('../pki/passphrase.ts'),
      ])
      const ours = passphraseFrom(cluster.pki.passphrase, reveal)
      await createPkiFrom(cluster.pki.dir, cluster.name, { ca, revoked }, times, ours)
      tell(`${cluster.pki.dir}: the CA "${subject}"; etcd-deploy up issues from it`)
      return exitCode.done
    }
    const generation = await store.importCa(ca)
    if (revoked.length > 0) await store.revoke(revoked, times)
    tell(
      generation === store.generation
        ? `"${subject}" is the CA already`
        : `${cluster.pki.dir}: the CA "${subject}" lies aside; etcd-deploy rotate-certs --ca --to imported leads to it`,
    )
    return exitCode.done
  })
}

function sourceOf({ cert, key, p12 }: ImportOptions): CaSource {
  if (p12 !== undefined && cert === undefined && key === undefined) return { p12 }
  if (p12 === undefined && cert !== undefined && key !== undefined) return { cert, key }
  throw new DeployError({
    message: 'which CA? --cert FILE and --key FILE, or --p12 FILE',
    exitCode: exitCode.usage,
  })
}
