import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { otherAddress, setAddresses } from '../../lab/addresses.ts'
import { hostOutput, killHost, labHost, labReset, type NodeName } from '../../lab/lab.ts'
import { expectHealthy } from '../support/cluster.ts'
import type { Site } from '../support/site.ts'
import { expectDone } from '../support/told.ts'
import { agreed, type Followed } from './follow.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']

/** Pages about members, each from a cluster of three that was just made. */
export function members(site: Site): Record<string, Followed> {
  return {
    'docs/members.md': {
      names: [['10.0.0.9', labHost('node3').address]],
      steps: {
        'etcd-deploy member list': { before: () => afresh(site) },
        'etcd-deploy member add node4 node5': { before: () => tellNodes(site, [...hosts, 'node4', 'node5']) },
        'etcd-deploy member remove node3': agreed,
        'etcd-deploy member replace node2': {
          before: () => hostOutput('node2', 'systemctl stop etcd; rm -rf /var/lib/etcd/member'),
        },
        // The host of the member that was removed.
        'etcd-deploy member replace node2 --with 10.0.0.9': {
          ...agreed,
          before: () => killHost('node2'),
          after: () => expectHealthy('node3'),
        },
      },
    },
    'docs/addresses.md': {
      names: [
        ['10.0.0.9', otherAddress('node2')],
        ['--peer 10.1.0.2', `--peer ${labHost('node2').address}`],
        ...hosts.map((name, index) => [`10.0.0.${index + 1}=10.1.0.${index + 1}`, move(name)] as const),
      ],
      steps: {
        'etcd-deploy change-ip node2 10.0.0.9': {
          ...agreed,
          before: () => withOtherAddresses(site),
        },
        'etcd-deploy change-ip node2 etcd2.example.com': {
          ...agreed,
          before: () =>
            Promise.all(
              hosts.map((name) => hostOutput(name, `echo ${otherAddress('node2')} etcd2.example.com >>/etc/hosts`)),
            ),
        },
        'etcd-deploy change-ip node2 --peer 10.1.0.2': agreed,
        'etcd-deploy change-ip node2 --peer-port 12380 --client-port 12379': agreed,
        'etcd-deploy change-ip --map 10.0.0.1=10.1.0.1,10.0.0.2=10.1.0.2,10.0.0.3=10.1.0.3': {
          ...agreed,
          before: () => withOtherAddresses(site),
        },
        'etcd-deploy change-ip --map new-addresses.txt': {
          ...agreed,
          before: () => {
            const back = hosts.map((name) => `${otherAddress(name)}=${labHost(name).address}\n`)
            writeFileSync(join(site.folder, 'new-addresses.txt'), back.join(''))
          },
        },
        'etcd-deploy change-ip': {
          ...agreed,
          before: () => {
            const told = readFileSync(site.file, 'utf8')
            writeFileSync(site.file, told.replace(labHost('node3').address, otherAddress('node3')))
          },
          after: () => expectHealthy('node1'),
        },
      },
    },
  }
}

async function afresh(site: Site, ssh?: typeof byPorts): Promise<void> {
  await labReset(['node1', 'node2', 'node3', 'node4', 'node5'])
  for (const made of [site.pki, join(site.folder, '.etcd-deploy')]) rmSync(made, { recursive: true, force: true })
  tellNodes(site, hosts, ssh)
  await expectDone(site.run('up'))
}

function tellNodes(site: Site, names: readonly NodeName[], ssh?: typeof byPorts): void {
  const nodes = names.map((name) => [name, { address: labHost(name).address, ...(ssh && { ssh: ssh(name) }) }])
  site.edit({ nodes: Object.fromEntries(nodes) as Site['inventory']['nodes'] })
}

/** Of this machine's: they lead to the host whatever becomes of its addresses and names. */
function byPorts(name: NodeName) {
  return { host: '127.0.0.1', port: labHost(name).sshPort ?? 22 }
}

/** Each host has its other address, too. */
async function withOtherAddresses(site: Site): Promise<void> {
  await afresh(site, byPorts)
  await Promise.all(hosts.map((name) => setAddresses(name, [labHost(name).address, otherAddress(name)])))
}

function move(name: NodeName): string {
  return `${labHost(name).address}=${otherAddress(name)}`
}
