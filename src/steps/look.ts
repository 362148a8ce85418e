import type { Cluster, Node } from '../inventory/model.ts'
import type { Look } from '../engine/playbook.ts'
import { layoutOf } from '../etcd/layout.ts'
import { memberAccess, useMember } from './etcdctl-shell.ts'
import { seeFirewall } from './firewall.ts'
import { hostScript } from './host-script.ts'
import type { HostSeen, ReachedHost } from './seen.ts'

/** Files that are read with their text; the others are known by their SHA-256 alone. */
function textFiles(cluster: Cluster): string[] {
  const at = layoutOf(cluster)
  return [
    at.env,
    at.unit,
    at.wrapper,
    at.formed,
    at.operation,
    at.binarySums,
    at.clientCa,
    at.peerCa,
    at.serverCert,
    at.peerCert,
    at.adminCert,
  ]
}

function hashedFiles(cluster: Cluster): string[] {
  const at = layoutOf(cluster)
  return [...textFiles(cluster), at.serverKey, at.peerKey, at.clientCrl, at.peerCrl, at.adminCa, at.adminKey]
}

/** Reads all that the steps need to know of a host; what does not change while a run goes on is as it was `before`. */
export function hostLook(cluster: Cluster, node: Node, before?: HostSeen): Look {
  const at = layoutOf(cluster)
  const { data, wal = '', bin, config } = cluster.paths
  const folders = [
    bin,
    config,
    at.tlsDir,
    at.adminDir,
    data,
    ...(wal === '' ? [] : [wal]),
    at.stateDir,
    at.readyDir,
    at.previousDir,
  ]
  const existence = [
    at.wasReady,
    at.etcd,
    at.etcdctl,
    at.etcdutl,
    `${data}/member`,
    `${data}/member/snap`,
    `${data}/member/wal`,
  ]
  const { user, group, adminGroup, name } = cluster.service
  const args = [name, user, group, adminGroup, data, wal, String(node.client.port), String(node.peer.port), config]
  return {
    name: 'host',
    script: {
      text: hostScript,
      args: [
        ...args,
        textFiles(cluster).join(' '),
        hashedFiles(cluster).join(' '),
        [...folders, ...existence].join(' '),
        before?.kind === 'reached' ? settled(before) : '',
      ],
    },
  }
}

/** As the script prints it. */
function settled({ kernel, machine, systemd, hostNames }: ReachedHost): string {
  return ['#@ system', kernel, machine, systemd, '#@ names', ...hostNames].join('\n')
}

/** Asks the member through the pushed etcdctl, on its host: one process each, all at once, none longer than a few seconds. */
export function etcdLook(cluster: Cluster, node: Node): Look {
  return { name: 'etcd', script: { text: etcdScript, args: memberAccess(cluster, node) } }
}

/** Who listens on the host beside our member, which is known otherwise to have its ports. */
export const socketsLook: Look = {
  name: 'sockets',
  script: { text: "grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null || :" },
}

/** Before a cluster is formed: whether members will reach each other's peer port. A time-out is blocked, a refusal is open. Names the host's own firewall, too. */
export function peersLook(cluster: Cluster, node: Node): Look {
  const others = cluster.nodes.filter((other) => other.name !== node.name)
  return {
    name: 'peers',
    script: {
      text: peersScript,
      args: others.flatMap((other) => [other.name, other.peer.address, String(other.peer.port)]),
    },
  }
}

/** Each answer's lines carry its name in front, as they come in any order. */
const etcdScript = `
${useMember}
read_unit
case $active in active | activating | reloading) ;; *) exit 0 ;; esac
[ -x "$etcdctl" ] || exit 0
point_to_member
ask() {
  name=$1; shift
  { code=0; etcdctl_soon "$@" 2>&1 || code=$?; printf '\\nexit %s\\n' "$code"; } | sed "s/^/$name /"
}
# Where a read through quorum fails, one that needs no quorum tells whether the member refuses reads altogether: an answer comes at
# once, while no answer, or a connection that can't be made, takes the whole 2 s of etcdctl_soon.
ask_read() {
  code=0; said=$(etcdctl_soon "$@" 2>&1) || code=$?
  printf '%s\\nexit %s\\n' "$said" "$code" | sed 's/^/health /'
  [ "$code" != 0 ] || return 0
  began=$(date +%s%N); ask serializable "$@" --consistency=s
  echo "serializable took $((($(date +%s%N) - began) / 1000000))"
}
# Not "endpoint health": from 3.5 on it fails on a full quota, and the restart that raises the quota would be refused.
ask_read get etcd-deploy/any --keys-only &
ask members member list -w json &
ask status endpoint status -w json &
wait
`

const peersScript = `${seeFirewall}
command -v bash >/dev/null && command -v timeout >/dev/null || { see_firewall || :; exit 0; }
probe() {
  # A name that nobody knows would pass for a port that is blocked.
  case $2 in
  *:*) ;;
  *[A-Za-z]*) timeout 5 getent ahosts "$2" >/dev/null || { echo "$1 unresolved"; return 0; } ;;
  esac
  code=0; said=$(timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1) || code=$?
  # A firewall that rejects (firewalld does) answers that the host cannot be reached; a free port refuses.
  case $said in *'No route to host'*) code=rejected ;; esac
  echo "$1 $code"
}
while [ $# -ge 3 ]; do probe "$1" "$2" "$3" & shift 3; done
wait
# Then only: what it prints is long, and would be cut up by the others' lines.
see_firewall || :
`
