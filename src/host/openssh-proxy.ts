import type { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { administrativelyProhibited, forwardingRefusal } from './forward.ts'
import type { Master } from './openssh-master.ts'
import { quote } from './quote.ts'

/** What leads to an sshd where that is not simply TCP from here. */
export type OpenSshWay =
  | {
      proxyCommand: string
      /** Of the jump host, to make the connection. */
      refusal(): Promise<DeployError | undefined>
    }
  | undefined

/** Through a host that is logged in: ssh makes the connection over that one's master. */
export function throughMaster(hop: Master, { host, port }: SshTarget): OpenSshWay {
  const words = ['ssh', '-F', hop.folder.over, '-W', '[%h]:%p', '--', hop.alias]
  return {
    proxyCommand: words.map((word) => quote(word === '[%h]:%p' ? word : word.replaceAll('%', '%%'))).join(' '),
    refusal: async () => refusedByHost(hop, 0, host, port),
  }
}

/** Only the master tells why a host made no connection. `from`: how much it had said before that was tried. */
export async function refusedByHost(
  hop: Master,
  from: number,
  address: string,
  port: number,
): Promise<DeployError | undefined> {
  const [said] = /open failed: .*/.exec((await hop.said()).slice(from)) ?? []
  if (said === undefined) return undefined
  const reason = said.includes('administratively prohibited') ? { reason: administrativelyProhibited } : {}
  return forwardingRefusal(Object.assign(new Error(said), reason), address, port, hop.target.host)
}
