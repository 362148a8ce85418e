import { quoted } from './address.ts'

/** Cluster, member and client names stand in etcd's flags, in certificates and as file names: nothing that any of them would misread. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.length > 63) return `a name has at most 63 characters, this one has ${name.length}`
  if (!/^[A-Za-z0-9]/.test(name)) return `${quoted(name)} does not begin with a letter or digit`
  const odd = /[^A-Za-z0-9._-]/u.exec(name)?.[0]
  return odd === undefined ? undefined : `${quoted(name)} has ${quoted(odd)} in it: letters, digits, . _ - only`
}

/** What systemd takes as the name of a unit, less what it reads as escape or template. */
export function unitNameProblem(name: string): string | undefined {
  if (name.endsWith('.service')) return `write ${quoted(name.slice(0, -'.service'.length))}: .service is added`
  return nameProblem(name)
}

/** What useradd and groupadd take everywhere. */
export function accountProblem(name: string): string | undefined {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return undefined
  return `${quoted(name)} is not a name for a user or group: lower case letters, digits, _ - (at most 32, no digit first)`
}

/** A login name, which a directory service may have made freer; it must not be read as an option. */
export function loginProblem(name: string): string | undefined {
  return /^[^\s\p{Cc}:@/-][^\s\p{Cc}:/]*$/u.test(name) ? undefined : `${quoted(name)} is not a login name`
}

const owned: [RegExp, string][] = [
  [/^(User|Group)$/, 'say it in service.user and service.group'],
  [/^(Type|NotifyAccess|BusName|PIDFile)$/, 'etcd tells systemd by sd_notify when it is ready'],
  [
    /^(ExecStart|ExecStartPre|ExecStartPost|ExecCondition|RootDirectory|RootImage)$/,
    'the unit starts etcd, and checks its data first',
  ],
  [/^(EnvironmentFile|PassEnvironment|UnsetEnvironment|DynamicUser)$/, 'etcd takes its flags from settings'],
]

/** One line of the unit's `[Service]` section. */
export function dropInProblem(line: string): string | undefined {
  if (/[\p{Cc}\u2028\u2029]/u.test(line)) return 'one line each: no line breaks or control characters'
  if (/^\s*\[/.test(line)) return `${quoted(line)} begins a section: lines of [Service] only`
  const [, key, value = ''] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(line) ?? []
  if (key === undefined) return `${quoted(line)} is not a line of a unit: Key=value`
  if (value.endsWith('\\')) return `${quoted(line)} goes on in the next line: write it on one`
  if (key === 'Environment' && /(^|[\s"'])(ETCD_|DEPLOYED_|GOMAXPROCS=)/.test(value))
    return 'settings is the place for flags: etcd refuses to start where one is said twice'
  const reason = owned.find(([pattern]) => pattern.test(key))?.[1]
  return reason === undefined ? undefined : `${key} is of the tool's own making: ${reason}`
}

/** X.520's upper bounds; OpenSSL and Go refuse or cut what is longer. */
export function subjectProblem(longest: number): (text: string) => string | undefined {
  return (text) => {
    if (text.trim() === '') return 'is empty'
    if (/\p{Cc}/u.test(text)) return 'has control characters in it'
    return text.length > longest ? `has ${text.length} characters; a certificate holds ${longest}` : undefined
  }
}
