import type { CertificateEntry } from '../certs/certificate-entry.ts'
import { certificateEntries } from '../certs/entries.ts'
import { dueEntries, listJson } from '../certs/list-json.ts'
import type { CertificatesSeen } from '../certs/see-certificates.ts'
import { exitCode, type ExitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import type { PkiStore, StoredLeaf } from '../pki/store.ts'
import { daysLeft } from '../pki/reissue.ts'
import { loadColors, wantsColors, type Colors } from '../ui/colors.ts'
import { table, type Cell } from '../ui/table.ts'
import { cleanLine } from '../ui/text.ts'
import { daysOption } from './certs-options.ts'
import { locally, needStore } from './certs-session.ts'
import type { CommonOptions } from './options.ts'
import { inSession, type Session } from './session.ts'

export interface ListOptions extends CommonOptions {
  all?: true
  maxDays?: string
  /** What `pki/` holds; no host is asked. */
  local?: true
}

export function certsList(options: ListOptions): Promise<ExitCode> {
  if (options.local === true) {
    return locally(options, async (session) =>
      list(session.cluster, needStore(session), options, { seen: [], notSeen: [] }, (text) =>
        process.stdout.write(text),
      ),
    )
  }
  const work = async (session: Session): Promise<ExitCode> => {
    const { cluster } = session
    const [{ openPki }, { seeCertificates }] = await Promise.all([
      import('../pki/open.ts'),
      import('../certs/see-certificates.ts'),
    ])
    const store = needStore({ cluster, store: await openPki(cluster.pki.dir, cluster.name) })
    return list(cluster, store, options, await seeCertificates(session, store), session.answer)
  }
  return inSession('certs list', options, work, { stdout: 'answer' })
}

async function list(
  cluster: Cluster,
  store: PkiStore,
  options: ListOptions,
  { seen, notSeen }: CertificatesSeen,
  answer: (text: string) => void,
): Promise<ExitCode> {
  const maxDays = daysOption(options.maxDays, '--max-days', 0)
  const entries = certificateEntries(store, seen, options.all === true ? await formerLeaves(store) : [])
  const now = new Date()
  const due = maxDays === undefined ? [] : dueEntries(entries, maxDays, now)
  const { stdout, env } = process
  if (options.json === true)
    answer(`${JSON.stringify(listJson(cluster.name, store, entries, due, { now, notSeen }))}\n`)
  else {
    const colors = await loadColors(wantsColors(stdout.isTTY, env))
    const lines = notSeen.map(
      ({ host, what, why }) => `${colors.dim('–')} ${host}: ${what} was not seen: ${cleanLine(why)}`,
    )
    const text = listText(entries, due, { now, colors, columns: stdout.columns ?? Infinity })
    answer([text, ...lines, ''].join('\n'))
  }
  return due.length > 0 ? exitCode.differs : exitCode.done
}

interface Shown {
  now: Date
  colors: Colors
  columns: number
}

/** In a pipe each certificate is one line, for grep; what may be long stands last, so that it widens no other line. */
const columns = [
  { title: 'certificate' },
  { title: 'state' },
  { title: 'CA', align: 'right' as const },
  { title: 'subject' },
  { title: 'key' },
  { title: 'valid from' },
  { title: 'until' },
  { title: 'days left', align: 'right' as const },
  { title: 'serial' },
  { title: 'on hosts' },
  { title: 'names' },
]

function listText(entries: readonly CertificateEntry[], due: readonly CertificateEntry[], shown: Shown): string {
  const { colors } = shown
  const rows = entries.map((entry) => row(entry, due.includes(entry), shown))
  const mismatches = entries.flatMap((entry) =>
    entry.mismatches.map((line) => `${colors.yellow('!')} ${cleanLine(`${titleOf(entry)}: ${line}`)}`),
  )
  return [table(columns, rows, { colors, maxWidth: shown.columns }), ...mismatches].join('\n')
}

function row(entry: CertificateEntry, due: boolean, { now, colors }: Shown): Cell[] {
  const certificate = entry.inPki ?? entry.seen[0]?.certificate
  if (certificate === undefined) return [titleOf(entry), entry.state]
  const { subject, key, notBefore, notAfter, serial, dnsNames, ipAddresses } = certificate
  const left = String(daysLeft(certificate, now))
  return [
    titleOf(entry),
    entry.state,
    entry.generation === undefined ? '' : String(entry.generation),
    subject,
    key,
    notBefore.toISOString().slice(0, 10),
    notAfter.toISOString().slice(0, 10),
    due ? { text: left, style: colors.red } : left,
    serial,
    whereText(entry),
    [...dnsNames, ...ipAddresses].join(' '),
  ]
}

/** A member's: whether its disk has it, and whether it is served; any other's: on how many hosts it is. */
function whereText({ use, seen }: CertificateEntry): string {
  if (use === 'server' || use === 'peer') return [...new Set(seen.map(({ where }) => where))].join(', ')
  const hosts = new Set(seen.map(({ host }) => host)).size
  return hosts === 0 ? '' : String(hosts)
}

function titleOf({ use, name }: CertificateEntry): string {
  return use === 'CA' ? `CA ${name}`.trim() : `${name} ${use}`
}

async function formerLeaves(store: PkiStore): Promise<StoredLeaf[]> {
  return Promise.all(store.issued.map((leaf) => store.load(leaf)))
}
