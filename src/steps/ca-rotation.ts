import { nextWave } from '../engine/plan.ts'
import type { Stage, Step } from '../engine/playbook.ts'
import type { NextCa } from '../pki/next-ca.ts'
import type { PkiStore } from '../pki/store.ts'
import type { Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/**
 * Whom members trust, and which of the CAs issues. `pki/` holds it durably before any host is touched, so that it is the intent, and how
 * far the hosts are is read from them.
 */
export type CaTarget = 'trust the old' | 'trust both' | 'issue from the new' | 'trust the new'

export function isCaTarget(target: string | undefined): target is CaTarget {
  return ['trust the old', 'trust both', 'issue from the new', 'trust the new'].includes(target ?? '')
}

export interface CaRotation {
  /** Generation of the CA that issued when the rotation began. */
  from: number
  to: NextCa
  /** The CA that issued has expired: members that do not serve are restarted at once. */
  together?: true
}

export function caTargetOf(store: PkiStore, from: number): CaTarget {
  if (store.next !== undefined) return store.generation === from ? 'trust both' : 'issue from the new'
  return store.generation === from ? 'trust the old' : 'trust the new'
}

/** Brings `pki/` to what the stage at hand is about; nothing is written where it is so already. */
export async function moveCa(store: PkiStore, { from, to }: CaRotation, target: CaTarget): Promise<void> {
  if (target !== 'trust the old' && caTargetOf(store, from) === 'trust the old') await store.beginCa(to)
  const next = store.next ?? store.generation
  if (target === 'trust the old' || target === 'trust both') await store.issueFrom(from)
  else await store.issueFrom(next)
  if (target === 'trust the old') await store.trustOnly([from])
  if (target === 'trust the new') await store.trustOnly([next])
}

export interface CaStage {
  name: string
  target: CaTarget
  steps: readonly Step<Wanted, Seen>[]
  /** What people must do before the next stage. */
  pause?: string
}

/** The stages of one way through a rotation; each is reached once the hosts are as `pki/` says, or `pki/` says more already. */
export function caStages(stages: readonly CaStage[]): Stage<Wanted, Seen, CaTarget>[] {
  const order = stages.map(({ target }) => target)
  return stages.map(({ steps, ...stage }, index) => {
    const standsAt = ({ ca }: Wanted): number => (ca === undefined ? -1 : order.indexOf(ca))
    return {
      ...stage,
      steps,
      begun: (want) => standsAt(want) >= index,
      reached: (want, seen) =>
        standsAt(want) > index || (standsAt(want) === index && nextWave(steps, want, seen).length === 0),
    }
  })
}
