import type { Cluster } from '../../../src/inventory/model.ts'
import type { Formation } from '../../../src/steps/formation.ts'
import type { Seen } from '../../../src/steps/seen.ts'
import type { Wanted } from '../../../src/steps/wanted.ts'
import { membersWanted } from '../../../src/steps/work-out.ts'

/** What an inventory wants of these hosts, with stand-ins for certificates; binaries are there already. */
export function wanted(cluster: Cluster, seen: Seen, formation: Formation, { downloaded = true } = {}): Wanted {
  const members = membersWanted({
    cluster,
    seen,
    formation,
    store: undefined,
    due: [],
    brought: downloaded ? new Map() : undefined,
  })
  return { cluster, formation, members }
}
