import type { Cluster, Node } from '../inventory/model.ts'
import { layoutOf } from './layout.ts'
import { managedHeader } from './unit.ts'
import { clientUrls, localClientUrl } from './urls.ts'
import { minorSeries } from './versions.ts'

/**
 * `etcdctl` as people on the host call it: endpoints and the admin certificate are given unless they give their own. etcdctl ends
 * with an error when a setting comes both as flag and as variable, so each is looked for first.
 */
export function etcdctlWrapper(cluster: Cluster, node: Node): string {
  const at = layoutOf(cluster)
  const all = cluster.nodes.flatMap((each) => clientUrls(cluster, each)).join(',')
  const certificates = cluster.tls.mode === 'off' ? '' : certificateLines(cluster)
  return `#!/bin/sh
${managedHeader(cluster)}
own_endpoints=\${ETCDCTL_ENDPOINTS:+yes}\${ETCDCTL_DISCOVERY_SRV:+yes}
own_trust=\${ETCDCTL_CACERT:+yes}
own_certificate=\${ETCDCTL_CERT:+yes}\${ETCDCTL_KEY:+yes}
endpoints=${all}
for word do
  case $word in
  --endpoints | --endpoints=* | --discovery-srv | --discovery-srv=*) own_endpoints=yes ;;
  --cacert | --cacert=* | --insecure-skip-tls-verify | --insecure-skip-tls-verify=*) own_trust=yes ;;
  --cert | --cert=* | --key | --key=*) own_certificate=yes ;;
  # These work on one member: this host's.
  snapshot | defrag) endpoints=${localClientUrl(cluster, node)} ;;
  --) break ;;
  esac
done
[ "$own_endpoints" ] || export ETCDCTL_ENDPOINTS="$endpoints"
${certificates}${minorSeries(cluster.version) === '3.3' ? 'export ETCDCTL_API=${ETCDCTL_API:-3}\n' : ''}exec ${at.etcdctl} "$@"
`
}

function certificateLines(cluster: Cluster): string {
  const at = layoutOf(cluster)
  const unreadable = `echo "etcdctl: ${at.adminDir} is readable by root and group ${cluster.service.adminGroup} only; use sudo" >&2`
  const trust = `[ "$own_trust" ] || export ETCDCTL_CACERT=${at.adminCa}\n`
  const readable = `[ "$own_trust$own_certificate" ] || [ -r ${at.adminCa} ] || { ${unreadable}; exit 1; }\n`
  if (cluster.tls.mode !== 'mutual') return readable + trust
  return `${readable}${trust}[ "$own_certificate" ] || export ETCDCTL_CERT=${at.adminCert} ETCDCTL_KEY=${at.adminKey}\n`
}
