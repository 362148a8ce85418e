import { exitCode } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import { binariesOfAnother, managedBy, settingsOfAnother } from './foreign.ts'
import { grave } from './problem.ts'
import type { ReachedHost } from './seen.ts'

/** What `up` would write over, or take from its owner, where nothing says that it came from here. */
export function strangersFiles(cluster: Cluster, host: NodeName, on: ReachedHost): Problem[] {
  const binaries = strangersBinaries(cluster, on)
  const settings = strangersSettings(cluster, on)
  const pushed = areInstalled(cluster, on) ? undefined : binariesOfAnother(cluster, on)
  const set = settingsOfAnother(cluster, on)
  return [
    ...(pushed === undefined ? [] : [ofAnother(host, pushed, cluster.paths.bin, 'paths.bin')]),
    ...(set === undefined ? [] : [ofAnother(host, set, cluster.paths.config, 'paths.config')]),
    ...(binaries.length === 0 ? [] : [notOurs(host, binaries, 'paths.bin')]),
    ...(settings.length === 0 ? [] : [notOurs(host, settings, 'paths.config')]),
  ]
}

function strangersBinaries(cluster: Cluster, on: ReachedHost): string[] {
  const at = layoutOf(cluster)
  // The sums are written right after the binaries: a first `up` may have been interrupted between the two.
  const isFirst = on.formed === undefined && on.files.has(at.stateDir)
  if (on.files.has(at.binarySums) || isFirst || areInstalled(cluster, on)) return []
  return [at.etcd, at.etcdctl, at.etcdutl].filter((path) => on.files.has(path))
}

function strangersSettings(cluster: Cluster, on: ReachedHost): string[] {
  const at = layoutOf(cluster)
  const { config } = cluster.paths
  const isOurs = managedBy(on.files.get(at.env)?.text ?? '') !== undefined
  if (isOurs || on.formed !== undefined || on.files.has(at.stateDir)) return []
  const written = [at.env, at.clientCa, at.peerCa, at.serverCert, at.serverKey, at.peerCert, at.peerKey, at.adminCert]
  const there = written.filter((path) => on.files.has(path))
  if (there.length > 0) return there
  const folder = on.files.get(config)
  // `down` leaves the folder, with its rights, where others have put files into it.
  const hasOurRights = folder?.owner === 'root' && folder.group === cluster.service.group && folder.mode === 0o750
  return folder === undefined || hasOurRights ? [] : on.configEntries.map((entry) => `${config}/${entry}`)
}

/** Those that the inventory says are on the hosts already: nothing is written over them. */
function areInstalled({ binaries }: Cluster, { architecture }: ReachedHost): boolean {
  if ('kind' in binaries) return binaries.kind === 'installed'
  return architecture !== undefined && binaries[architecture]?.kind === 'installed'
}

/** Two clusters on one host are fine, each with folders of its own. */
function ofAnother(host: NodeName, owner: string, folder: string, setting: 'paths.bin' | 'paths.config'): Problem {
  return grave(host, {
    message: `${folder} holds the ${setting === 'paths.bin' ? 'binaries' : 'settings'} of cluster ${owner}`,
    tried: `look at who manages what is in ${folder}`,
    next: `set ${setting} to a folder of this cluster's own; two clusters on one host share no path, port or service.name`,
    exitCode: exitCode.refused,
  })
}

function notOurs(host: NodeName, paths: string[], setting: 'paths.bin' | 'paths.config'): Problem {
  const [first = ''] = paths
  return grave(host, {
    message: `${first} is there and not ours`,
    tried: 'look for signs of etcd-deploy beside it',
    answered: paths.slice(0, 10).join(', '),
    next: [
      `another etcd may need it: set ${setting} to a folder of this cluster's own`,
      'or move it away, if nobody needs it',
    ],
    exitCode: exitCode.refused,
  })
}
