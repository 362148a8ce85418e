import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { Cluster, RevealSecret } from '../inventory/model.ts'
import type { PkiStore } from '../pki/store.ts'
import type { AskPerson } from '../ui/ask.ts'
import type { Colors } from '../ui/colors.ts'
import { answering } from './answering.ts'
import { givenFlags, type CommonOptions } from './options.ts'

/** A command that needs the inventory and `pki/`, and no host. */
export interface LocalSession {
  cluster: Cluster
  ask: AskPerson
  reveal: RevealSecret
  /** On stderr: stdout is for what was asked for. */
  tell(line: string): void
  /** Undefined: there is no `pki/` of this cluster yet. */
  store: PkiStore | undefined
  colors: Colors
}

/** Answers the exit code; never throws. */
export async function locally(
  options: CommonOptions,
  work: (session: LocalSession) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { loadColors, wantsColors } = await import('../ui/colors.ts')
  const colors = await loadColors(wantsColors(process.stderr.isTTY, process.env))
  return answering(options, async () => work(await openSession(options, colors)))
}

/** The store that all but the first command need. */
export function needStore({ store, cluster }: Pick<LocalSession, 'store' | 'cluster'>): PkiStore {
  if (store !== undefined) return store
  throw new DeployError({
    message: `there are no certificates of ${cluster.name} yet: ${cluster.pki.dir} does not hold them`,
    next: 'etcd-deploy up makes a CA; certs import-ca takes in one that you have.',
    exitCode: exitCode.usage,
  })
}

async function openSession(options: CommonOptions, colors: Colors): Promise<LocalSession> {
  const [{ createAsk }, { secretReader }, { loadInventory }, { openPki }, { passphraseFrom }, { cleanLine }] =
    await Promise.all([
      import('../ui/ask.ts'),
      import('./secrets.ts'),
      import('../inventory/load.ts'),
      import('../pki/open.ts'),
      import('../pki/passphrase.ts'),
      import('../ui/text.ts'),
    ])
  const ask = createAsk({
    given: givenFlags(options),
    signal: new AbortController().signal,
    aside: async (work) => work(),
  })
  const reveal = secretReader(ask)
  const tell = (line: string): void => void process.stderr.write(`${cleanLine(line)}\n`)
  const cluster = await loadInventory(options.inventory, { connects: false })
  for (const warning of cluster.warnings) tell(`${colors.yellow('!')} ${warning}`)
  const passphrase = passphraseFrom(cluster.pki.passphrase, reveal)
  const store = await openPki(cluster.pki.dir, cluster.name, passphrase)
  return { cluster, ask, reveal, tell, store, colors }
}
