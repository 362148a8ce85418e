/** Where a client finds the cluster, and the files it needs: paths, never what is in them. */
export interface ClientAccess {
  endpoints: string[]
  /** Where TLS is on. */
  caFile?: string
  /** Where members ask for it. */
  certFile?: string
  keyFile?: string
}

/** Whom settings are written for. */
export const programs = ['etcdctl', 'kube-apiserver', 'kubeadm', 'k3s'] as const
export type Program = (typeof programs)[number]

/** Ready to paste, in the program's own form. */
export function clientSettings(program: Program, access: ClientAccess, version: string): string {
  const { endpoints, ...files } = access
  const all = endpoints.join(',')
  switch (program) {
    case 'etcdctl': {
      // Up to 3.3 it speaks etcd's first API unless it is told
      const api = version.startsWith('3.3.') ? [['ETCDCTL_API', '3'] as const] : []
      const named = fields({ caFile: 'ETCDCTL_CACERT', certFile: 'ETCDCTL_CERT', keyFile: 'ETCDCTL_KEY' }, files)
      return lines([...api, ['ETCDCTL_ENDPOINTS', all], ...named], ([name, value]) => `export ${name}=${word(value)}`)
    }
    case 'kube-apiserver': {
      const named = fields({ caFile: 'etcd-cafile', certFile: 'etcd-certfile', keyFile: 'etcd-keyfile' }, files)
      return lines([['etcd-servers', all], ...named], flag)
    }
    case 'k3s': {
      const names = { caFile: 'datastore-cafile', certFile: 'datastore-certfile', keyFile: 'datastore-keyfile' }
      return lines([['datastore-endpoint', all], ...fields(names, files)], flag)
    }
    case 'kubeadm': {
      const named = fields({ caFile: 'caFile', certFile: 'certFile', keyFile: 'keyFile' }, files)
      return [
        'apiVersion: kubeadm.k8s.io/v1beta4',
        'kind: ClusterConfiguration',
        'etcd:',
        '  external:',
        '    endpoints:',
        ...endpoints.map((endpoint) => `      - ${scalar(endpoint)}`),
        ...named.map(([name, value]) => `    ${name}: ${scalar(value)}`),
        '',
      ].join('\n')
    }
  }
}

type Files = Omit<ClientAccess, 'endpoints'>
type Field = readonly [name: string, value: string]

/** Those that there are, in this order. */
function fields(names: Record<keyof Files, string>, files: Files): Field[] {
  return (['caFile', 'certFile', 'keyFile'] as const).flatMap((file) => {
    const value = files[file]
    return value === undefined ? [] : [[names[file], value] as const]
  })
}

function lines(all: readonly Field[], line: (field: Field) => string): string {
  return all.map((field) => `${line(field)}\n`).join('')
}

function flag([name, value]: Field): string {
  return `--${name}=${word(value)}`
}

/** Of a shell. */
function word(value: string): string {
  return /^[\w./:,@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

/** Of YAML, which takes what JSON quotes. */
function scalar(value: string): string {
  return /^[\w./][\w./:@%+-]*$/.test(value) && !value.endsWith(':') ? value : JSON.stringify(value)
}
