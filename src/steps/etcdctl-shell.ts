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
for name in $(env | sed -n 's/^\\(ETCDCTL_[A-Z_]*\\)=.*/\\1/p'); do unset "$name"; done
export ETCDCTL_API=3
property() { systemctl show "$unit" -p "$1" 2>/dev/null | sed 's/^[^=]*=//'; }
member_url() {
  listens=$(tr '\\0' '\\n' 2>/dev/null <"/proc/$(property MainPID)/environ" | sed -n 's/^ETCD_LISTEN_CLIENT_URLS=//p') || :
  for url in $(printf '%s' "$listens" | tr , ' '); do
    case $url in *://127.* | *://\\[::1\\]:*) printf '%s' "$url"; return ;; esac
  done
  case $listens in
  *://0.0.0.0:*) printf '%s' "\${listens%%,*}" | sed 's/0\\.0\\.0\\.0/127.0.0.1/' ;;
  *://\\[::\\]:*) printf '%s' "\${listens%%,*}" | sed 's/\\[::\\]/[::1]/' ;;
  *) printf '%s' "$wanted_url" ;;
  esac
}
point_to_member() {
  ETCDCTL_ENDPOINTS=$(member_url); export ETCDCTL_ENDPOINTS
  case $ETCDCTL_ENDPOINTS in
  https:*) export ETCDCTL_CACERT="$admin_ca" ETCDCTL_CERT="$admin_cert" ETCDCTL_KEY="$admin_key" ;;
  *) unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY ;;
  esac
}
etcdctl_soon() { timeout -k 1 5 "$etcdctl" --dial-timeout=1s --command-timeout=2s "$@"; }
`
