import { lookUp } from './describe.ts'
import { explainNode } from './explain-node.ts'
import { explained, secretText, values, type Explained } from './explained.ts'
import type { BinarySource, Cluster } from './model.ts'
import { originsIn, type FindOrigin } from './origin.ts'
import type { Path } from './schema-keys.ts'

/** Every value of the resolved inventory, the defaults too. `raw` is what the file exports, `source` its text. */
export function explain(cluster: Cluster, raw: unknown, source: string): Explained[] {
  const find = originsIn(raw, source)
  const isPreset = typeof lookUp(['paths'], raw).value === 'string'
  return [
    ...values(find, [], { cluster: cluster.name, version: cluster.version }),
    ...binariesOf(cluster, find),
    ...tlsOf(cluster, find),
    ...pathsOf(cluster, find, isPreset ? [['paths']] : []),
    ...serviceOf(cluster, find),
    ...values(find, ['ssh'], { concurrency: cluster.concurrency }),
    ...cluster.nodes.flatMap((node) => explainNode(node, find)),
  ]
}

function binariesOf({ binaries }: Cluster, find: FindOrigin): Explained[] {
  if (isSource(binaries)) return sourceOf(['binaries'], binaries, find)
  return Object.entries(binaries).flatMap(([architecture, source]) =>
    sourceOf(['binaries', architecture], source, find),
  )
}

function sourceOf(path: readonly string[], source: BinarySource, find: FindOrigin): Explained[] {
  const { kind } = source
  const where = kind === 'official' ? '' : ` ${kind === 'mirror' ? withoutLogin(source.url) : source.path}`
  const pinned = 'sha256' in source && source.sha256 !== undefined ? { sha256: source.sha256 } : {}
  return [explained(find, path, `${kind}${where}`), ...values(find, path, pinned)]
}

/** Not by URL, which would change the {version} in it. */
function withoutLogin(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/]*@/, '$1')
}

function isSource(binaries: Cluster['binaries']): binaries is BinarySource {
  return 'kind' in binaries
}

function tlsOf({ tls, pki }: Cluster, find: FindOrigin): Explained[] {
  const { mode, key, subject, sans, certificates, leafDays, caYears, clients } = tls
  // Without certificates nothing else of it has an effect.
  if (mode === 'off') return values(find, ['tls'], { mode })
  const passphrase = pki.passphrase === undefined ? {} : { passphrase: secretText(pki.passphrase) }
  return [
    ...values(find, ['tls'], { mode, key, certificates, leafDays, caYears, sans }),
    ...values(find, ['tls', 'subject'], { ...subject }),
    ...Object.entries(clients).flatMap(([name, client]) =>
      Object.entries({ ...subject, days: leafDays, ...client }).map(([word, value]) =>
        explained(find, ['tls', 'clients', name, word], value, [
          word === 'days' ? ['tls', 'leafDays'] : ['tls', 'subject', word],
        ]),
      ),
    ),
    ...values(find, ['tls', 'pki'], { dir: pki.dir, ...passphrase }),
  ]
}

function pathsOf({ paths, binaries }: Cluster, find: FindOrigin, preset: Path[]): Explained[] {
  const { bin, config, data, wal = `${data}/member/wal` } = paths
  const installed: Path[] = isSource(binaries)
    ? [['binaries', 'installed']]
    : Object.keys(binaries).map((architecture) => ['binaries', architecture, 'installed'])
  return [
    explained(find, ['paths', 'bin'], bin, [...installed, ...preset]),
    explained(find, ['paths', 'config'], config, preset),
    explained(find, ['paths', 'data'], data, preset),
    explained(find, ['paths', 'wal'], wal),
  ]
}

function serviceOf({ service }: Cluster, find: FindOrigin): Explained[] {
  const { name, user, group, adminGroup, gomaxprocs = null, dropIn } = service
  return values(find, ['service'], { name, user, group, adminGroup, gomaxprocs, dropIn })
}
