import { existsSync, readFileSync } from 'node:fs'
import { defineInventory } from 'etcd-deploy'

// The lab's three hosts, as `npm run demo` or `npm run lab -- up` starts them: for hosts of your own change `nodes`,
// `ssh`, `version` and `binaries` (or leave `binaries` out: official releases), and leave `tls.pki` out: keys lie beside the inventory then.
const lab = new URL('./test/lab/.state/', import.meta.url)

// The newest etcd that the demo could get here.
const newest = new URL('etcd-version', lab)
const version = existsSync(newest) ? readFileSync(newest, 'utf8').trim() : '3.7.3'

export default defineInventory({
  cluster: 'demo',
  version,
  nodes: {
    node1: { address: '10.213.96.11', ssh: { port: 22011 } },
    node2: { address: '10.213.96.12', ssh: { port: 22012 } },
    node3: { address: '10.213.96.13', ssh: { port: 22013 } },
  },
  // By way of ports on this machine, so that it also works where the hosts' own addresses are not routed (Docker Desktop).
  ssh: {
    host: '127.0.0.1',
    user: 'deploy',
    key: './test/lab/.state/id_ed25519',
    knownHosts: './test/lab/.state/known_hosts',
    sudo: true,
  },
  // `npm run lab -- serve` hands out the releases there; the demo does so while it runs.
  binaries: { mirror: 'http://127.0.0.1:22379/v{version}/{file}' },
  settings: { 'quota-backend-bytes': '2GiB', 'auto-compaction-retention': '1h' },
  tls: {
    mode: 'mutual',
    clients: { app: { cn: 'app' } },
    pki: { dir: './test/lab/.state/pki' },
  },
})
