import { exitCode, type ExitCode } from '../errors.ts'
import { clientUrls } from '../etcd/urls.ts'
import { locally, needStore, type LocalSession } from './certs-session.ts'
import { filesIn, filesInPki, type ClientFiles } from './client-files.ts'
import { clientSettings, type Program } from './client-settings.ts'
import { namedInventory, type CommonOptions } from './options.ts'

export interface EndpointsOptions extends CommonOptions {
  for?: Program
  client?: string
  dir?: string
}

/** Where clients find the cluster. Asks no host, and tells paths only. */
export function endpoints(options: EndpointsOptions): Promise<ExitCode> {
  return locally(options, (session) => {
    const { cluster } = session
    const urls = cluster.nodes.flatMap((node) => clientUrls(cluster, node))
    const { client, files } = filesFor(session, options)
    const access = { endpoints: urls, ...files }
    if (options.json === true) process.stdout.write(`${JSON.stringify({ v: 1, type: 'endpoints', ...access })}\n`)
    else if (options.for === undefined) process.stdout.write(`${urls.join(',')}\n`)
    else process.stdout.write(clientSettings(options.for, access, cluster.version))
    const dir = folderOf(options)
    if (client !== undefined && dir !== undefined)
      session.tell(
        `its files are written by: etcd-deploy certs export ${client} --format pem --out DIR${namedInventory(options)}; they belong into ${dir} of every machine that uses this`,
      )
    return Promise.resolve(exitCode.done)
  })
}

/** Where the files will lie that are not used from `pki/`: as the programs' own guides have it. */
const folders: Record<Program, string | undefined> = {
  etcdctl: undefined,
  'kube-apiserver': '/etc/kubernetes/pki/etcd',
  kubeadm: '/etc/kubernetes/pki/etcd',
  k3s: '/etc/rancher/k3s/etcd',
}

function folderOf({ for: program, dir }: EndpointsOptions): string | undefined {
  return dir ?? (program === undefined ? undefined : folders[program])
}

function filesFor(session: LocalSession, options: EndpointsOptions): ClientFiles {
  const { cluster } = session
  const isNeeded = options.for !== undefined || options.dir !== undefined || options.client !== undefined
  if (cluster.tls.mode === 'off' || !isNeeded) return { files: {} }
  const store = needStore(session)
  const dir = folderOf(options)
  return dir === undefined ? filesInPki(cluster, store, options.client) : filesIn(cluster, store, dir, options.client)
}
