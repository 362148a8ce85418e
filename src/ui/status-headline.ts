import type { ClusterStatus } from '../status/model.ts'
import type { Colors } from './colors.ts'
import { cleanLine } from './text.ts'
import { countText } from './units.ts'

/** The whole cluster in one line: who is well, what is wrong all the same, and what more it survives. */
export function headline(status: ClusterStatus, colors: Colors): string {
  const { cluster, deployed, quorum, members, exitCode } = status
  const mark = exitCode === 0 ? colors.green('✔') : exitCode === 1 ? colors.red('✖') : colors.yellow('±')
  const name = colors.bold(cleanLine(cluster))
  if (!deployed && members.every(({ health }) => health === 'stopped'))
    return `${mark} ${name}: nothing of this cluster is on its hosts yet; etcd-deploy up forms it`
  const { healthy, needed, voters, survives } = quorum
  const unseen = members.filter(({ health }) => health === 'unreachable').length
  // Whoever could not be asked may vote all the same, unless one that could be asked has lost the others.
  const isToldLost = members.some(({ health }) => health === 'unhealthy' || health === 'starting')
  if (survives < 0 && healthy + unseen >= needed && !isToldLost)
    return `${mark} ${name}: ${colors.red(`not known whether there is quorum: ${needed} of ${voters} needed, ${healthy} healthy, ${unseen} not reached`)}`
  if (survives < 0)
    return `${mark} ${name}: ${colors.red(`quorum is lost: ${needed} of ${voters} needed, ${healthy} healthy`)}`
  const left = survives === 0 ? 'survives no more failure' : `survives ${countText(survives, 'more failure')}`
  return `${mark} ${name}: ${who(status, colors)}; ${survives === 0 && voters > 1 ? colors.yellow(left) : left}`
}

function who(status: ClusterStatus, colors: Colors): string {
  const { quorum, members } = status
  const { healthy, voters } = quorum
  const learners = members.filter(({ role }) => role === 'learner').length
  const all = members.some(({ health }) => health === 'alarm') ? 'all in quorum' : 'all healthy'
  const told = [
    countText(voters, learners > 0 ? 'voter' : 'member'),
    healthy === voters ? all : `${healthy} healthy`,
    ...(learners === 0 ? [] : [countText(learners, 'learner')]),
  ].join(', ')
  const wrong = wrongBesides(status)
  return wrong.length === 0 ? told : `${told}, but ${colors.red(cleanLine(wrong.join(', ')))}`
}

/** Voters that do not serve are in the count already; of the others it must be said why this is no success. */
function wrongBesides({ quorum, members, brokenLinks }: ClusterStatus): string[] {
  const alarms = [...new Set(members.flatMap(({ alarms: own }) => own?.map(({ kind }) => kind) ?? []))]
  const alarmed = alarms.length === 0 ? [] : [`alarm ${alarms.join(', ')}`]
  if (quorum.healthy < quorum.voters) return alarmed
  const others = members.filter(({ health }) => health !== 'healthy' && health !== 'alarm')
  const unread = members.filter(({ health, inInventory, hostReached }) => {
    return health === 'healthy' && inInventory && !hostReached
  })
  return [
    ...alarmed,
    ...others.map(({ name, health }) => `${name} is ${health}`),
    ...(unread.length === 0
      ? []
      : [`${countText(unread.length, 'host')} not reached (${unread.map(({ name }) => name).join(', ')})`]),
    ...(brokenLinks.length === 0 ? [] : [`${countText(brokenLinks.length, 'peer link')} down`]),
  ]
}
