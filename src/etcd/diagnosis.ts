import { missingDataMessage } from './unit.ts'

export interface Diagnosis {
  reason: string
  next: string
}

/**
 * Advice from what etcd and systemd wrote. The one place that reads log text: nothing is ever decided by it, as the wording changes
 * from release to release.
 */
export function diagnose(journal: string): Diagnosis | undefined {
  return table.find(({ pattern }) => pattern.test(journal))
}

const table: (Diagnosis & { pattern: RegExp })[] = [
  {
    pattern: new RegExp(missingDataMessage),
    reason: 'the member was ready once, and its data is gone',
    next: 'mount the missing file system; if the data is really lost: etcd-deploy member replace NODE',
  },
  {
    pattern: /address already in use/,
    reason: 'a port is taken by another program',
    next: 'find it with `ss -ltnp` on the host, and stop it or choose other ports in the inventory',
  },
  {
    pattern: /cannot assign requested address/,
    reason: 'the host does not have the address that etcd shall listen on',
    next: 'compare `ip address` on the host with the inventory; set peer.listen and client.listen where they differ',
  },
  {
    pattern: /no space left on device/i,
    reason: 'the disk is full',
    next: 'free space on the file system of the data directory (`df -h`)',
  },
  {
    pattern: /permission denied/i,
    reason: 'etcd may not read or write one of its files',
    next: 'look at the file that the journal names; up puts owner and mode of its own files right',
  },
  {
    pattern:
      /member count is unequal|cluster ID mismatch|member .* has already been bootstrapped|unmatched member while checking PeerURLs/i,
    reason: "the data is another cluster's, or the cluster knows this member under other URLs",
    next: 'compare `etcdctl member list` with the inventory; data of another cluster must be set aside first',
  },
  {
    pattern: /certificate has expired or is not yet valid|x509: certificate has expired/i,
    reason: 'a certificate has expired or is not valid yet',
    next: "compare the hosts' clocks; renew with etcd-deploy rotate-certs",
  },
  {
    pattern:
      /x509: certificate (is valid for|signed by unknown authority)|bad certificate|doesn't contain any IP SANs|private key does not match|failed to verify certificate/i,
    reason: 'a certificate does not match: another CA, another key, or an address that it does not name',
    next: 'compare the certificates on the hosts with `etcd-deploy plan`; the journal line names the peer',
  },
  {
    pattern: /clock difference against peer|the clock difference/i,
    reason: "the hosts' clocks differ",
    next: 'synchronise the clocks (chrony or systemd-timesyncd) on all hosts',
  },
  {
    pattern: /exec format error/i,
    reason: 'the binary is for another architecture',
    next: 'check binaries in the inventory for this host’s architecture',
  },
  {
    pattern:
      /error verifying flags|failed to verify flags|open sink|flag provided but not defined|conflicting environment variable|invalid value .* for (flag|ETCD)|expected value|--\S+ (should|must|is not)|error setting/i,
    reason: 'etcd does not accept a setting',
    next: 'the journal line names it; correct settings in the inventory',
  },
  {
    pattern:
      /connection refused|i\/o timeout|no route to host|waiting for .* peers|dial tcp|prober detected unhealthy status|connect: /i,
    reason: 'it does not reach its peers, or they do not reach it',
    next: 'is the peer port open between all members, in both directions? Look at firewalls, and at the members that have not started',
  },
]
