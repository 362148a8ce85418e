import { nearest } from '../nearest.ts'
import { cipherSuitesOf } from './cipher-suites.ts'
import { type Flag, flags, hasFlag } from './flags.ts'
import type { Problem } from './settings.ts'
import { atLeast } from './versions.ts'

type Values = Readonly<Record<string, string>>
type Rule = (values: Values, version: string) => Problem | undefined
type Caution = (values: Values, version: string) => string | undefined

/** Settings that are good each by itself and yet not together: etcd would exit at start, or do something else than was meant. */
export function checkTogether(values: Values, version: string): { problems: Problem[]; warnings: string[] } {
  return {
    problems: [...twoNames(values), ...rules.flatMap((rule) => rule(values, version) ?? [])],
    warnings: [...oldNames(values, version), ...cautions.flatMap((caution) => caution(values, version) ?? [])],
  }
}

const rules: Rule[] = [
  (values) => {
    const heartbeatMs = Number(values['heartbeat-interval'] ?? 100)
    const electionMs = Number(values['election-timeout'] ?? 1000)
    if (5 * heartbeatMs <= electionMs) return undefined
    return {
      path: values['election-timeout'] === undefined ? 'heartbeat-interval' : 'election-timeout',
      message: `the election timeout (${electionMs} ms) must be at least 5 × the heartbeat interval (${heartbeatMs} ms)`,
      next: `'election-timeout': '${10 * heartbeatMs}ms' is the usual proportion`,
    }
  },
  (values) => {
    const { 'tls-min-version': min, 'tls-max-version': max, 'cipher-suites': suites } = values
    if (min === 'TLS1.3' && max === 'TLS1.2') return { path: 'tls-max-version', message: 'is below tls-min-version' }
    if (min !== 'TLS1.3' || suites === undefined) return undefined
    const next = 'leave cipher-suites out, or tls-min-version at TLS1.2'
    return { path: 'cipher-suites', message: 'cannot be chosen for TLS 1.3: etcd exits at start', next }
  },
  (values, version) => {
    const known = cipherSuitesOf(version)
    const unknown = items(values['cipher-suites']).find((suite) => !known.includes(suite))
    if (unknown === undefined) return undefined
    const meant = nearest(unknown, known)
    const message = `etcd ${version} knows no cipher suite ${unknown}`
    return { path: 'cipher-suites', message, ...(meant !== undefined && { next: `did you mean ${meant}?` }) }
  },
  (values, version) => {
    const isOrigin = (origin: string) => origin === '*' || /^https?:\/\/[^/@?#]+:\d+$/.test(origin)
    const bad = items(values['cors']).find((origin) => !isOrigin(origin))
    if (bad === undefined || !atLeast(version, '3.4')) return undefined
    return { path: 'cors', message: `must be '*' or origins such as 'https://host:443', port included, not '${bad}'` }
  },
  (values, version) => {
    if (values['v2-deprecation'] !== 'not-yet' || !atLeast(version, '3.6')) return undefined
    return {
      path: 'v2-deprecation',
      message: `not-yet is past in etcd ${version}, which would exit at start`,
      next: 'leave it out',
    }
  },
  (values) => {
    const { 'auto-compaction-mode': mode, 'auto-compaction-retention': retention } = values
    if (mode !== 'revision' || retention === undefined || /^\d+$/.test(retention)) return undefined
    return {
      path: 'auto-compaction-retention',
      message: `must be a number of revisions in mode revision, not '${retention}' (etcd would count its nanoseconds)`,
      next: "give a number such as 1000, or 'auto-compaction-mode': 'periodic'",
    }
  },
  (values) => {
    if (!gateIsOn(values, 'LeaseCheckpointPersist') || gateIsOn(values, 'LeaseCheckpoint')) return undefined
    const path = values['feature-gates']?.includes('LeaseCheckpointPersist')
      ? 'feature-gates'
      : 'experimental-enable-lease-checkpoint-persist'
    return { path, message: 'persisting lease checkpoints needs lease checkpoints switched on as well' }
  },
  (values, version) => {
    if (values['logger'] !== 'capnslog' || !atLeast(version, '3.5')) return undefined
    return { path: 'logger', message: `etcd ${version} no longer has capnslog`, next: 'leave it out' }
  },
  (values) => {
    const outputs = items(values['log-outputs'])
    const path = 'log-outputs'
    const alone = ['default', 'systemd/journal'].find((output) => outputs.includes(output))
    if (outputs.length > 1 && alone !== undefined)
      return { path, message: `'${alone}' can't be combined with other outputs` }
    const isPlain = outputs.length <= 1 && outputs.every((output) => ['default', 'stdout', 'stderr'].includes(output))
    if (isPlain || values['logger'] !== 'capnslog') return undefined
    return { path, message: 'capnslog writes to default, stdout or stderr only', next: "say 'logger': 'zap'" }
  },
  (values) => {
    if (values['enable-log-rotation'] !== 'true') return undefined
    const logFiles = items(values['log-outputs']).filter(
      (output) => !['default', 'stdout', 'stderr', 'systemd/journal'].includes(output),
    )
    if (logFiles.length === 1) return undefined
    return { path: 'enable-log-rotation', message: 'needs exactly one file in log-outputs' }
  },
  (values) => {
    const json = values['log-rotation-config-json']
    if (json === undefined || isJsonRecord(json)) return undefined
    return { path: 'log-rotation-config-json', message: `must be a JSON object such as '{"maxsize": 100}'` }
  },
  (values, version) => {
    if (values['peer-cert-allowed-cn'] === undefined || values['peer-cert-allowed-hostname'] === undefined)
      return undefined
    if (!atLeast(version, '3.4')) return undefined
    return { path: 'peer-cert-allowed-hostname', message: 'excludes peer-cert-allowed-cn: etcd takes one of them' }
  },
  (values) => {
    const token = values['auth-token']
    if (token === undefined || /^(simple|jwt)(,[^,=]+=[^,=]+)*$/.test(token)) return undefined
    return { path: 'auth-token', message: "must be 'simple' or 'jwt,pub-key=FILE,priv-key=FILE,sign-method=METHOD'" }
  },
]

const cautions: Caution[] = [
  (values) =>
    Number(values['quota-backend-bytes'] ?? 0) > 8 * 2 ** 30
      ? 'quota-backend-bytes is above 8 GiB, the most that etcd is made for: restarts, snapshots and new members become slow'
      : undefined,
  (values) =>
    values['strict-reconfig-check'] === 'false'
      ? 'strict-reconfig-check is off: etcd will allow member changes that lose quorum'
      : undefined,
  (values, version) =>
    values['enable-v2'] === 'true' && atLeast(version, '3.5')
      ? 'enable-v2 leaves v2 entries in the raft log on which etcd 3.6 panics: switch it off well before that upgrade'
      : undefined,
  (values, version) =>
    values['max-snapshots'] !== undefined && atLeast(version, '3.6')
      ? `max-snapshots is deprecated in etcd ${version}`
      : undefined,
  (values, version) =>
    values['v2-deprecation'] !== undefined && atLeast(version, '3.6')
      ? `v2-deprecation is deprecated in etcd ${version}, which goes its own way whatever it says`
      : undefined,
]

/** etcd 3.6 exits when a setting comes under its old and its new name. */
function twoNames(values: Values): Problem[] {
  return Object.keys(values).flatMap((path) => {
    const { renamedTo, gate } = flagOf(path)
    if (renamedTo !== undefined && values[renamedTo] !== undefined) {
      return [
        { path, message: `is the old name of '${renamedTo}', which is set as well`, next: `keep '${renamedTo}' only` },
      ]
    }
    if (gate === undefined || !items(values['feature-gates']).some((entry) => entry.startsWith(`${gate}=`))) return []
    return [
      {
        path,
        message: `is the old form of the feature gate ${gate}, which is set as well`,
        next: 'keep the feature gate only',
      },
    ]
  })
}

function oldNames(values: Values, version: string): string[] {
  return Object.keys(values).flatMap((name) => {
    const { renamedTo, gate } = flagOf(name)
    if (gate !== undefined && hasFlag(flags['feature-gates'], version))
      return [`${name} is now the feature gate ${gate}`]
    return renamedTo !== undefined && hasFlag(flagOf(renamedTo), version) ? [`${name} is now ${renamedTo}`] : []
  })
}

function flagOf(name: string): Flag {
  return flags[name as keyof typeof flags]
}

function gateIsOn(values: Values, gate: string): boolean {
  const old = Object.entries<Flag>(flags).find(([, flag]) => flag.gate === gate)
  return items(values['feature-gates']).includes(`${gate}=true`) || (old !== undefined && values[old[0]] === 'true')
}

function items(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(',')
}

function isJsonRecord(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}
