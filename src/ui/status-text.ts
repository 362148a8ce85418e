import type { ClusterStatus, MemberStatus } from '../status/model.ts'
import type { Colors } from './colors.ts'
import { headline } from './status-headline.ts'
import { statusTable, type Shown } from './status-table.ts'
import { cleanLine } from './text.ts'
import { bytesText, countText } from './units.ts'

/** The status as people read it: a headline, a table, then a line for each thing that is not as it should be. */
export function statusText(status: ClusterStatus, shown: Shown): string {
  const { colors } = shown
  const blocks = [
    [headline(status, colors), facts(status, colors)],
    [statusTable(status, shown)],
    [...troubles(status, colors), ...operationLines(status, colors)],
    driftLines(status, colors),
    [...dueLines(status, colors), ...warningLines(status, colors)],
    notSeenLines(status, colors),
  ]
  return blocks
    .map((lines) => lines.filter((line) => line !== '').join('\n'))
    .filter((block) => block !== '')
    .join('\n\n')
}

function facts({ members, raftTerm, revision, clusterId }: ClusterStatus, colors: Colors): string {
  const versions = [...new Set(members.flatMap(({ version }) => version ?? []))]
  const quotas = [...new Set(members.flatMap(({ db }) => db?.quotaBytes ?? []))]
  const told = [
    ...(versions.length === 0 ? [] : [`etcd ${versions.join(', ')}`]),
    ...(raftTerm === null ? [] : [`raft term ${raftTerm}`]),
    ...(revision === null ? [] : [`revision ${revision}`]),
    ...(quotas.length === 0 ? [] : [`quota ${quotas.map((quota) => bytesText(quota)).join(', ')}`]),
    ...(clusterId === null ? [] : [`cluster id ${clusterId}`]),
  ]
  return colors.dim(cleanLine(told.join(' · ')))
}

function troubles(status: ClusterStatus, colors: Colors): string[] {
  const { members, raftTerm, deployed, brokenLinks } = status
  if (!deployed && members.every(({ health }) => health === 'stopped')) return []
  const lines = members.flatMap((member) => [
    ...(member.trouble === null || member.health === 'alarm' ? [] : [trouble(member, colors), ...steps(member.next)]),
    ...(member.alarms ?? []).flatMap(({ kind, message, next }) => [
      line(colors.red('✖'), member.name, `alarm ${kind}: ${message}`, colors),
      ...steps(next),
    ]),
    ...(member.raft === null || member.raft.term === raftTerm
      ? []
      : [
          line(colors.yellow('!'), member.name, `raft term ${member.raft.term}, the others are at ${raftTerm}`, colors),
        ]),
  ])
  const links = brokenLinks.map(({ from, to, otherWay }) => {
    const other =
      otherWay === true
        ? `; ${to} reaches ${from}: the link is one-way, which /health does not show`
        : otherWay === false
          ? `, nor ${to} it`
          : ''
    return line(colors.red('✖'), from, `does not reach the peer port of ${to}${other}`, colors)
  })
  return [...lines, ...links]
}

function steps(next: readonly string[]): string[] {
  return next.map((step, index) => `    ${index + 1}. ${cleanLine(step)}`)
}

function trouble({ name, health, trouble: why }: MemberStatus, colors: Colors): string {
  if (health === 'healthy') return line(colors.yellow('!'), name, why ?? '', colors)
  return line(colors.red('✖'), name, `${health}: ${why ?? ''}`, colors)
}

function operationLines({ operation }: ClusterStatus, colors: Colors): string[] {
  if (operation === null) return []
  const { name, finish, since, controller, seenOn, stands } = operation
  const begun = [
    since === '' ? '' : `since ${since}`,
    controller === '' ? '' : `by ${controller}`,
    `seen on ${seenOn.join(', ')}`,
  ]
  return [
    line(
      colors.yellow('!'),
      undefined,
      `unfinished operation: ${name} (${begun.filter((part) => part !== '').join(', ')})`,
      colors,
    ),
    ...(stands === null ? [] : [`    ${cleanLine(stands)}`]),
    ...(finish === '' ? [] : [`    finish it: ${cleanLine(finish)}`]),
  ]
}

function driftLines({ drift, deployed }: ClusterStatus, colors: Colors): string[] {
  const { changes, refused } = drift
  const hosts = new Set(changes.map(({ host }) => host))
  const more = deployed ? '' : ', as nothing is there yet'
  // The same change of every host is told once.
  const alike = Map.groupBy(changes, ({ what, why, restarts }) => JSON.stringify([what, why, restarts]))
  return [
    ...refused.flatMap(({ host, message, next }) => [
      line(colors.yellow('±'), host ?? undefined, `${message} (up refuses)`, colors),
      ...next.map((step) => `    ${cleanLine(step)}`),
    ]),
    ...(changes.length === 0
      ? []
      : [
          line(
            colors.yellow('±'),
            undefined,
            `drift: up would change ${countText(hosts.size, 'host')}${more} (etcd-deploy plan shows how)`,
            colors,
          ),
        ]),
    ...(deployed ? [...alike.values()] : []).flatMap((same) => {
      const [first] = same
      if (first === undefined) return []
      const restart = first.restarts ? colors.yellow(' (a restart)') : ''
      const names = colors.bold(cleanLine(same.map(({ host }) => host).join(', ')))
      return [`    ${names}: ${cleanLine(first.what)}${restart}: ${colors.dim(cleanLine(first.why, 300))}`]
    }),
  ]
}

function dueLines({ certificatesDue }: ClusterStatus, colors: Colors): string[] {
  return certificatesDue.map(({ host, use, notAfter, daysLeft }) => {
    const when = daysLeft < 0 ? colors.red('has expired') : `ends in ${countText(daysLeft, 'day')}`
    const whose = use === 'CA' || use === 'admin' ? undefined : host
    const subject = use === 'CA' ? 'the CA' : `${whose === undefined ? 'the ' : 'its '}${use} certificate`
    const next = use === 'CA' ? 'etcd-deploy rotate-certs --ca' : 'etcd-deploy rotate-certs'
    return `${line(colors.yellow('!'), whose, subject, colors)} ${when} (${notAfter.slice(0, 10)}): ${next}`
  })
}

function warningLines({ warnings }: ClusterStatus, colors: Colors): string[] {
  return warnings.flatMap(({ host, message, next }) => [
    line(colors.yellow('!'), host ?? undefined, message, colors),
    ...next.map((step) => `    ${cleanLine(step)}`),
  ])
}

/** What could not be seen, and why; the same reason is told once. */
function notSeenLines({ members, drift }: ClusterStatus, colors: Colors): string[] {
  const running = members.filter(({ health }) => health === 'healthy' || health === 'alarm' || health === 'unhealthy')
  const reasons = [
    ...running.flatMap(({ name, links, linksNotSeen }) =>
      links === null && linksNotSeen !== null ? [{ what: 'peer links', why: linksNotSeen, name }] : [],
    ),
    ...running.flatMap(({ name, certificates }) =>
      certificates.flatMap(({ use, seen, notServed, daysLeft }) =>
        seen === 'served'
          ? []
          : [
              {
                what: `${use} certificate as served`,
                why: `${notServed ?? ''}${daysLeft === null ? '' : `; on disk: ${countText(daysLeft, 'day')} left`}`,
                name,
              },
            ],
      ),
    ),
    ...(drift.notSeen === null ? [] : [{ what: 'drift', why: drift.notSeen, name: undefined }]),
  ]
  const alike = Map.groupBy(reasons, ({ what, why }) => `${what} not seen: ${why}`)
  return [...alike].map(([text, same]) => {
    const names = same.flatMap(({ name }) => name ?? [])
    return colors.dim(`${names.length === 0 ? '' : `${cleanLine(names.join(', '))}: `}${cleanLine(text)}`)
  })
}

function line(mark: string, host: string | undefined, text: string, colors: Colors): string {
  return `${mark} ${host === undefined ? '' : `${colors.bold(cleanLine(host))}: `}${cleanLine(text)}`
}
