import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import type { LeafKind } from '../pki/leaf.ts'
import { openPki } from '../pki/open.ts'
import type { Renewal } from '../steps/renewal.ts'
import { operationNames } from './operation-names.ts'
import type { ChangeOptions } from './options.ts'
import { proveCertificates } from './prove-certificates.ts'
import { runStages } from './run-stages.ts'
import { inSession, type Session } from './session.ts'
import type { PauseOptions } from './staged-operation.ts'
import { unreachable } from './unreachable.ts'

export interface RotateOptions extends ChangeOptions, PauseOptions {
  only?: LeafKind[]
  /** Days. */
  ifExpiring?: number
  ca?: true
  abort?: true
  to?: 'imported'
  /** `--no-snapshot`: false. */
  snapshot?: boolean
}

export function rotateCerts(options: RotateOptions): Promise<ExitCode> {
  if (options.ca !== true) return rotateLeaves(options)
  return inSession(operationNames.rotateCa, options, async (session) => {
    const { rotateCaOf } = await import('./rotate-ca.ts')
    return rotateCaOf(session, options)
  })
}

function rotateLeaves(options: RotateOptions): Promise<ExitCode> {
  const withinDays = options.ifExpiring
  const work = async (session: Session): Promise<ExitCode> => {
    refuseWithoutTls(session)
    const { default: playbook } = await import('../../playbooks/rotate-certs.ts')
    await runStages(session, playbook.stages, options, {
      may: 'change',
      withoutUnreachable: true,
      renewal: renewalOf(session, options),
    })
    // What was not touched needs no proof, and a cron job no handshakes.
    if (withinDays === undefined || session.changed.size > 0) await prove(session, options)
    return missing(session)
  }
  return inSession('rotate-certs', options, work, { silentUnlessChanging: withinDays !== undefined })
}

async function prove(session: Session, options: RotateOptions): Promise<void> {
  const store = await openPki(session.cluster.pki.dir, session.cluster.name)
  if (store !== undefined) await proveCertificates(session, options, store)
}

function renewalOf({ on, cluster }: Session, { only, ifExpiring }: RotateOptions): Renewal {
  if (on !== undefined && only?.includes('client') === true)
    throw new DeployError({
      message: '--only client does not go with --on: the client certificate is the same on all hosts',
      exitCode: exitCode.usage,
    })
  if (on !== undefined && cluster.tls.certificates === 'shared')
    throw new DeployError({
      message: "--on does not go with tls.certificates: 'shared': all members have the same certificate",
      exitCode: exitCode.usage,
    })
  return {
    kinds: new Set(only ?? ['server', 'peer', 'client']),
    ...(on === undefined ? {} : { nodes: on }),
    ...(ifExpiring === undefined ? {} : { withinDays: ifExpiring }),
  }
}

export function refuseWithoutTls({ cluster }: Pick<Session, 'cluster'>): void {
  if (cluster.tls.mode !== 'off') return
  throw new DeployError({
    message: `${cluster.name} runs without TLS: it has no certificates`,
    next: 'etcd-deploy tls enable',
    exitCode: exitCode.usage,
  })
}

/** Those that could not be reached have been told of; their certificates are still the former ones. */
function missing({ connections, on }: Session): ExitCode {
  const names = unreachable(connections).filter((name) => on?.has(name) !== false)
  if (names.length === 0) return exitCode.done
  throw new DeployError({
    message: `not rotated, as they could not be reached: ${names.join(', ')}`,
    next: 'run the same command again once they answer',
  })
}
