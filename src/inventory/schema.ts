import { z } from 'zod'
import type { Settings } from '../etcd/settings.ts'
import { addressProblem, listenProblem, quoted, sanProblem, sshHostProblem } from './address.ts'
import { timeoutProblem } from './duration.ts'
import { hostPathProblem } from './host-path.ts'
import { jumpProblem } from './jump-text.ts'
import { localPathProblem, mirrorProblem, privateKeyProblem } from './local-path.ts'
import { pathPresets } from './path-presets.ts'
import { accountProblem, dropInProblem, loginProblem, nameProblem, subjectProblem, unitNameProblem } from './names.ts'

const text = (problem: (value: string) => string | undefined) => z.string().check(refused(problem))
const whole = (least: number, most: number, unit: string) =>
  z
    .number()
    .check(
      refused((value) =>
        Number.isInteger(value) && value >= least && value <= most
          ? undefined
          : `${value} is not ${unit}: ${least} to ${most}, whole`,
      ),
    )

const host = text(sshHostProblem)
const port = whole(1, 65535, 'a port')
const localPath = text(localPathProblem)
const hostPath = text(hostPathProblem)
const account = text(accountProblem)
const sha256 = text((value) => (/^[0-9a-f]{64}$/i.test(value) ? undefined : 'is not a SHA-256: 64 hex digits'))
const sans = z.array(text(sanProblem))
const duration = z.union([z.number(), z.string()]).check(refused(timeoutProblem))
/** Each flag is checked against the version's table, in settings-rules.ts; here only that it can be shown. */
const settings = z
  .custom<Settings>(isRecord, "write etcd's flags in braces, for example { 'quota-backend-bytes': '8GiB' }")
  .check(({ value, issues }) => {
    for (const [key, one] of Object.entries(value)) {
      if (!isData(one))
        issues.push({ code: 'custom', path: [key], message: 'is no value for a flag of etcd', input: value })
    }
  })

const secret = z.union(
  [
    z.literal('prompt'),
    z.strictObject({
      env: text((name) => (/^[A-Za-z_]\w*$/.test(name) ? undefined : 'is not the name of a variable')),
    }),
    z.strictObject({ file: localPath }),
  ],
  "a secret is never written in an inventory: 'prompt', { env: 'NAME' } or { file: 'path' }",
)

const login = {
  port: port.exactOptional(),
  user: text(loginProblem).exactOptional(),
  key: z.union([text(privateKeyProblem), z.array(text(privateKeyProblem))]).exactOptional(),
  password: secret.exactOptional(),
  passphrase: secret.exactOptional(),
  agent: z.union([z.boolean(), localPath]).exactOptional(),
  config: z.union([localPath, z.literal(false)], 'write a file, or false for none').exactOptional(),
  knownHosts: z.union([localPath, z.array(localPath)]).exactOptional(),
}
const jump = z.union([text(jumpProblem), z.strictObject({ host, ...login })], "write 'user@host:port' or a record")

const nodeSsh = z.strictObject({
  transport: z.enum(['ssh2', 'openssh']).exactOptional(),
  host: host.exactOptional(),
  ...login,
  jump: z
    .union(
      [z.literal(false), ...jump.options, z.array(jump)],
      "write 'user@host:port', a record, a list of them, or false",
    )
    .exactOptional(),
  sudo: z
    .union([z.boolean(), z.strictObject({ password: secret })], 'write true, false or { password }')
    .exactOptional(),
  timeouts: z
    .strictObject({
      connect: duration.exactOptional(),
      command: duration.exactOptional(),
      start: duration.exactOptional(),
    })
    .exactOptional(),
})

const node = z.strictObject({
  address: text(addressProblem).exactOptional(),
  peer: z
    .strictObject({
      address: text(addressProblem).exactOptional(),
      port: port.exactOptional(),
      listen: text(listenProblem).exactOptional(),
    })
    .exactOptional(),
  client: z
    .strictObject({
      address: text(addressProblem).exactOptional(),
      port: port.exactOptional(),
      listen: text(listenProblem).exactOptional(),
      advertise: z
        .union([
          text(addressProblem),
          z.array(text(addressProblem)).check(refused((list) => (list.length === 0 ? 'is empty' : undefined))),
        ])
        .exactOptional(),
    })
    .exactOptional(),
  sans: sans.exactOptional(),
  ssh: nodeSsh.exactOptional(),
  settings: settings.exactOptional(),
})

const binariesSource = z.union(
  [
    z.literal('official'),
    z.strictObject({ mirror: text(mirrorProblem), sha256: sha256.exactOptional() }),
    z.strictObject({ file: localPath, sha256: sha256.exactOptional() }),
    z.strictObject({ folder: localPath }),
    z.strictObject({ installed: hostPath }),
  ],
  "write one of 'official', { mirror }, { file }, { folder }, { installed }",
)
const byArchitecture = z
  .strictObject({
    amd64: binariesSource.exactOptional(),
    arm64: binariesSource.exactOptional(),
    ppc64le: binariesSource.exactOptional(),
    s390x: binariesSource.exactOptional(),
  })
  .check(refused((record) => (Object.keys(record).length === 0 ? 'is empty' : undefined)))
const binaries = z.union(
  [...binariesSource.options, byArchitecture],
  "write one of 'official', { mirror }, { file }, { folder }, { installed }, or one for each architecture",
)

const subject = {
  organization: text(subjectProblem(64)).exactOptional(),
  organizationalUnit: text(subjectProblem(64)).exactOptional(),
  country: text((code) =>
    /^[A-Z]{2}$/.test(code) ? undefined : `${quoted(code)} is not a country: two capital letters`,
  ).exactOptional(),
  province: text(subjectProblem(128)).exactOptional(),
  locality: text(subjectProblem(128)).exactOptional(),
}
const days = whole(1, 36_500, 'a number of days')

const tls = z.strictObject({
  mode: z.enum(['mutual', 'server', 'off']).exactOptional(),
  key: z.enum(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096']).exactOptional(),
  subject: z.strictObject(subject).exactOptional(),
  sans: sans.exactOptional(),
  certificates: z.enum(['each', 'shared']).exactOptional(),
  leafDays: days.exactOptional(),
  caYears: whole(1, 100, 'a number of years').exactOptional(),
  clients: z
    .record(text(nameProblem), z.strictObject({ cn: text(subjectProblem(64)), days: days.exactOptional(), ...subject }))
    .exactOptional(),
  pki: z.strictObject({ dir: localPath.exactOptional(), passphrase: secret.exactOptional() }).exactOptional(),
})

const paths = z.union(
  [
    z.enum(pathPresets),
    z.strictObject({
      bin: hostPath.exactOptional(),
      config: hostPath.exactOptional(),
      data: hostPath.exactOptional(),
      wal: hostPath.exactOptional(),
    }),
  ],
  `write ${pathPresets.map((preset) => `'${preset}'`).join(' or ')}, below which all lies then, or { bin, config, data, wal }`,
)

const service = z.strictObject({
  name: text(unitNameProblem).exactOptional(),
  user: account.exactOptional(),
  group: account.exactOptional(),
  adminGroup: account.exactOptional(),
  gomaxprocs: whole(1, 1024, 'a number of threads').exactOptional(),
  dropIn: z.array(text(dropInProblem)).exactOptional(),
})

/** The shape of an inventory and the rules for each value alone; rules.ts has those between values. */
export const schema = z.strictObject({
  cluster: text(nameProblem),
  version: z.string(),
  nodes: z
    .record(text(nameProblem), node)
    .check(
      refused((nodes) => (Object.keys(nodes).length === 0 ? 'is empty: a cluster has at least one member' : undefined)),
    ),
  ssh: nodeSsh.extend({ concurrency: whole(1, 100, 'a number of hosts').exactOptional() }).exactOptional(),
  binaries: binaries.exactOptional(),
  settings: settings.exactOptional(),
  tls: tls.exactOptional(),
  paths: paths.exactOptional(),
  service: service.exactOptional(),
})

function refused<T>(problem: (value: T) => string | undefined): z.core.CheckFn<T> {
  return (payload) => {
    const message = problem(payload.value)
    if (message !== undefined) payload.issues.push({ code: 'custom', message, input: payload.value })
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isData(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}
