import type { LookOutput } from '../engine/playbook.ts'
import { parseEndpointStatus, parseMemberList } from '../etcd/etcdctl-output.ts'
import type { EtcdSeen } from './seen.ts'

/** What the member answered. */
export function readEtcd(output: LookOutput | undefined): EtcdSeen | undefined {
  if (output === undefined || output.stdout.trim() === '') return undefined
  const answer = (name: string): { text: string; code: number } => {
    const lines = output.stdout.split('\n').filter((line) => line.startsWith(`${name} `))
    const texts = lines.map((line) => line.slice(name.length + 1))
    const exit = texts.findLast((line) => line.startsWith('exit '))
    return {
      text: texts
        .filter((line) => line !== exit)
        .join('\n')
        .trim(),
      code: Number(exit?.slice(5) ?? -1),
    }
  }
  const [health, members, status] = [answer('health'), answer('members'), answer('status')]
  const withoutQuorum = answer('serializable')
  const tookMs = Number(/^took (\d+)$/m.exec(withoutQuorum.text)?.[1])
  const list = members.code === 0 ? parseMemberList(lastLine(members.text)) : undefined
  const endpoint = status.code === 0 ? parseEndpointStatus(lastLine(status.text)) : undefined
  return {
    healthy: health.code === 0,
    ...(withoutQuorum.code > 0 && tookMs < silenceMs ? { refusesReads: true } : {}),
    ...(withoutQuorum.code === 0 ? { answers: true } : {}),
    status: endpoint,
    members: list?.members,
    clusterId: endpoint?.clusterId ?? list?.clusterId,
    trouble: health.code === 0 ? '' : health.text,
  }
}

/** A little less than the time-out of etcdctl_soon: what failed sooner was answered. */
const silenceMs = 1900

/** etcdctl may warn before its JSON. */
function lastLine(text: string): string {
  return text.split('\n').findLast((line) => line.startsWith('{') || line.startsWith('[')) ?? ''
}
