import { labHost, type NodeName } from './hosts.ts'
import { hostOutput } from './on-host.ts'

/** Another address of the lab's network for this host. */
export function otherAddress(name: NodeName): string {
  return labHost(name).address.replace(/\.(\d+)$/, (_, last: string) => `.${Number(last) + 100}`)
}

/** Its IPv4 addresses from now on, also after a boot; the first is the one that it dials from. IPv6 stays as it is. */
export async function setAddresses(name: NodeName, addresses: readonly string[]): Promise<void> {
  const gateway = labHost(name).address.replace(/\d+$/, '1')
  const lines = [
    '#!/bin/sh',
    'ip -4 addr flush dev eth0 scope global',
    ...addresses.map((address) => `ip addr add ${address}/24 dev eth0`),
    `ip route replace default via ${gateway}`,
  ]
  await hostOutput(
    name,
    'cat >/usr/local/sbin/lab-addresses && chmod 755 /usr/local/sbin/lab-addresses',
    `${lines.join('\n')}\n`,
  )
  await hostOutput(name, 'cat >/etc/systemd/system/lab-addresses.service', unit)
  await hostOutput(name, 'systemctl daemon-reload && systemctl enable lab-addresses && /usr/local/sbin/lab-addresses')
}

/** Docker gives its own address back at each start. */
const unit = `[Unit]
Before=etcd.service ssh.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lab-addresses
[Install]
WantedBy=multi-user.target
`
