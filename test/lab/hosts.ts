/** The lab's hosts as docker-compose.test.yml has them. */
export const network = { name: 'etcd-deploy-lab', bridge: 'etcdlab0' }

export const nodes = ['node1', 'node2', 'node3', 'node4', 'node5', 'node6', 'node7'] as const
export type NodeName = (typeof nodes)[number]
export type HostName = NodeName | 'bastion'
export const allHosts: HostName[] = [...nodes, 'bastion']

export interface LabHost {
  name: HostName
  container: string
  /** IPv4 on the lab's network; from other machines' engines (Docker Desktop) it is not routed. */
  address: string
  address6: string
  /** sshd on 127.0.0.1; node7 has none, as it answers the bastion alone. */
  sshPort?: number
}

export function labHost(name: HostName): LabHost {
  const index = allHosts.indexOf(name)
  if (index === -1) throw new Error(`the lab has no host ${name}; its hosts: ${allHosts.join(', ')}`)
  const number = name === 'bastion' ? 0 : index + 1
  return {
    name,
    container: `etcd-lab-${name}`,
    address: `10.213.96.1${number}`,
    address6: `fd00:213:96::1${number}`,
    ...(name === 'node7' ? {} : { sshPort: 22010 + number }),
  }
}

export function isHostName(name: string): name is HostName {
  return (allHosts as string[]).includes(name)
}
