import { envValues } from '../etcd/env-file.ts'
import { DeployError } from '../errors.ts'
import { updatePeerUrl } from './etcdctl-shell.ts'
import { memberList, withPeerUrl } from './members.ts'
import { restartStep, whereItDiffers } from './rolling-restart.ts'
import type { Step } from '../engine/playbook.ts'
import { reached, type Seen } from './seen.ts'
import type { Wanted } from './wanted.ts'

/**
 * Members whose peer URL changes, one at a time: etcd's list first, through the member itself while it still has quorum, then the restart
 * that makes it listen there. From the list alone the others learn where to dial it.
 */
export const movePeers: Step<Wanted, Seen> = restartStep({
  name: 'peer URLs',
  ...whereItDiffers,
  alter: (change, member, seen) => {
    const host = member.node.name
    const url = envValues(textOf(member.env.content))['ETCD_INITIAL_ADVERTISE_PEER_URLS']
    if (url === undefined) return change
    const known = memberList(seen)?.find(({ name }) => name === host)
    if (known?.peerUrls.length === 1 && known.peerUrls[0] === url) return change
    const id = reached(seen, host)?.etcd?.status?.memberId ?? known?.id
    if (id === undefined)
      throw new DeployError({
        message: 'its member id is not known, so that its peer URL cannot be changed',
        host: change.host,
        next: 'etcd-deploy status says what is wrong with the member',
      })
    const { script } = change
    return {
      ...change,
      script: { ...script, text: updateThen(script.text), args: [id, url, ...(script.args ?? [])] },
      predict: (before) => withPeerUrl(change.predict(before), id, url),
    }
  },
})

/** The arguments of the restart follow; its first five are not `memberAccess`. */
function updateThen(restart: string): string {
  return `
member=$1 peer_url=$2; shift 2
(
shift 5
${updatePeerUrl}
)
${restart}`
}

function textOf(content: { kind: string; bytes?: Uint8Array }): string {
  return content.bytes === undefined ? '' : Buffer.from(content.bytes).toString()
}
