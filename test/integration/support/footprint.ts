import { hostOutput, type NodeName } from '../../lab/lab.ts'

/** Everything of ours on a host, with its times, rights and what runs: equal before and after, nothing was changed. */
export function footprint(host: NodeName): Promise<string> {
  return hostOutput(
    host,
    `find /etc/etcd /etc/etcd-admin /opt/etcd /etc/systemd/system/etcd.service /etc/systemd/system/multi-user.target.wants \\
       /usr/local/bin /var/lib/etcd-deploy -printf '%p %M %u:%g %T@\\n' 2>/dev/null | sort
     find /var/lib/etcd -maxdepth 1 -printf '%p %M %u:%g\\n' 2>/dev/null | sort
     getent passwd etcd; getent group etcd etcd-admin
     systemctl show etcd -p LoadState,UnitFileState,ExecMainPID,ExecMainStartTimestampMonotonic,NRestarts`,
  )
}

export async function footprints(hosts: readonly NodeName[]): Promise<string[]> {
  return Promise.all(hosts.map(footprint))
}
