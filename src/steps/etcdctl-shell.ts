import { layoutOf } from '../etcd/layout.ts'
import { localClientUrl } from '../etcd/urls.ts'
import type { Cluster, Node } from '../inventory/model.ts'

/** What `useMember` takes, in this order. */
export function memberAccess(cluster: Cluster, node: Node): string[] {
  const at = layoutOf(cluster)
  return [cluster.service.name, at.etcdctl, at.adminCa, at.adminCert, at.adminKey, localClientUrl(cluster, node)]
}

/**
 * Shell that points etcdctl to the member of its own host, as the member *runs*: its URL is read from the process, as the inventory may
 * want another one by now, and a member that is only asked at the wrong place must not count as down. Takes `memberAccess` off the
 * arguments. Its settings are variables; whatever the login had set of them is taken away, as etcdctl refuses what comes twice.
 */
export const useMember = `
unit=$1.service etcdctl=$2 admin_ca=$3 admin_cert=$4 admin_key=$5 wanted_url=$6; shift 6
pid=
case $(export -p) in *ETCDCTL_*) for name in $(env | sed -n 's/^\\(ETCDCTL_[A-Z_]*\\)=.*/\\1/p'); do unset "$name"; done ;; esac
export ETCDCTL_API=3
# All in one process: it is asked again and again while a member starts, on hosts that have other things to do.
read_unit() {
  active='' sub='' job='' pid=0 restarts=0
  while IFS='=' read -r name value; do
    case $name in
    ActiveState) active=$value ;; SubState) sub=$value ;; Job) job=$value ;; MainPID) pid=$value ;; NRestarts) restarts=$value ;;
    esac
  done <<UNIT
$(systemctl show "$unit" -p ActiveState -p SubState -p Job -p MainPID -p NRestarts 2>/dev/null)
UNIT
}
# Where the member listens, as its host reaches it: each URL and a comma.
read_listens() {
  listens=$(tr '\\0' '\\n' 2>/dev/null <"/proc/$pid/environ" |
    sed -n '/^ETCD_LISTEN_CLIENT_URLS=/{s/^[^=]*=//; s/$/,/; s,//0\\.0\\.0\\.0:,//127.0.0.1:,g; s,//\\[::]:,//[::1]:,g; p;}') || :
}
point_to_member() { # as it was when the unit was read last
  [ "$pid" ] || read_unit
  read_listens
  ETCDCTL_ENDPOINTS=$wanted_url rest=$listens
  # The last: where http and https are spoken on one port, https tells whether the member serves.
  while [ "$rest" ]; do
    each=\${rest%%,*} rest=\${rest#*,}
    case $each in *://127.* | *://\\[::1\\]:*) ETCDCTL_ENDPOINTS=$each ;; esac
  done
  point_to "$ETCDCTL_ENDPOINTS"
}
point_to() {
  export ETCDCTL_ENDPOINTS="$1"
  case $ETCDCTL_ENDPOINTS in
  https:*) export ETCDCTL_CACERT="$admin_ca" ETCDCTL_CERT="$admin_cert" ETCDCTL_KEY="$admin_key" ;;
  *) unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY ;;
  esac
}
etcdctl_soon() { timeout -k 1 5 "$etcdctl" --dial-timeout=1s --command-timeout=2s "$@"; }
`

/** To `$transferee`, where there is one: the member of this host leads, and is about to go. That it fails stops nobody. */
export const handOver = `
if [ "$transferee" ]; then
  echo 'state handing leadership over'
  point_to_member
  timeout -k 1 10 "$etcdctl" move-leader "$transferee" >/dev/null 2>&1 || :
fi
`

/** Of `$member`, to `$peer_url`; takes `memberAccess` off the arguments. Twice: an election may be under way. */
export const updatePeerUrl = `
${useMember}
point_to_member
update() { timeout -k 1 10 "$etcdctl" member update "$member" --peer-urls="$peer_url" >/dev/null; }
update || { sleep 2; update; }
`
