import type { ProcessSeen, UnitSeen } from './seen.ts'

export function readUnit(lines: string[]): UnitSeen {
  const values = pairs(lines)
  return {
    loaded: values['LoadState'] === 'loaded',
    fragment: values['FragmentPath'] ?? '',
    active: values['ActiveState'] ?? 'inactive',
    sub: values['SubState'] ?? 'dead',
    result: values['Result'] ?? '',
    enabled: values['UnitFileState'] === 'enabled',
    restarts: Number(values['NRestarts'] ?? 0) || 0,
    needsReload: values['NeedDaemonReload'] === 'yes',
  }
}

export function readProcess(lines: string[], environment: string[]): ProcessSeen {
  const values = pairs(lines)
  const startedS = Number(values['startedAt']) / Number(values['hertz'] ?? 100)
  return { executable: values['exe'] ?? '', upS: Number(values['uptime']) - startedS, environment: pairs(environment) }
}

function pairs(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}
