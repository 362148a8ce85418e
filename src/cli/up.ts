import { exitCode, type ExitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { namedInventory, type ChangeOptions } from './options.ts'
import { runStages } from './run-stages.ts'
import { inSession } from './session.ts'
import { tellEndpoints } from './tell-endpoints.ts'

export function up(options: ChangeOptions): Promise<ExitCode> {
  return inSession('up', options, async (session) => {
    const { default: playbook } = await import('../../playbooks/up.ts')
    await runStages(session, playbook.stages, options)
    const { cluster, emit } = session
    tellEndpoints(emit, cluster)
    const pasted = `etcd-deploy endpoints --for etcdctl${namedInventory(options)}`
    for (const message of await clientCertificates(cluster)) emit({ type: 'note', message })
    emit({ type: 'note', message: `ready to paste, for etcdctl, kube-apiserver, kubeadm or k3s: ${pasted}` })
    return exitCode.done
  })
}

/** Where the client certificates lie that the inventory asks for. */
async function clientCertificates(cluster: Cluster): Promise<string[]> {
  const names = cluster.tls.mode === 'off' ? [] : Object.keys(cluster.tls.clients)
  if (names.length === 0) return []
  const [{ openPki }, { leafPath }, { isShutOut }] = await Promise.all([
    import('../pki/open.ts'),
    import('../pki/files.ts'),
    import('../steps/shut-out.ts'),
  ])
  const store = await openPki(cluster.pki.dir, cluster.name)
  if (store === undefined) return []
  return names.flatMap((name) => {
    if (isShutOut(store, { name, kind: 'client' }))
      return [`client certificate ${name}: revoked; etcd-deploy certs issue ${name} makes another`]
    const leaf = store.leaf(name, 'client')
    return leaf === undefined ? [] : [`client certificate ${name}: ${leafPath(store.folder, leaf)} (its key beside it)`]
  })
}
