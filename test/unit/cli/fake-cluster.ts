import { createHash } from 'node:crypto'
import { layoutOf } from '../../../src/etcd/layout.ts'
import type { Cluster } from '../../../src/inventory/model.ts'
import type { Connection, Host, Script } from '../../../src/host/host.ts'
import { etcdLook, hostLook } from '../../../src/steps/look.ts'

interface FakeFile {
  type: 'directory' | 'regular file'
  text: string
  mode: number
  owner: string
}

export interface FakeHost {
  files: Map<string, FakeFile>
  runs: boolean
  enabled: boolean
  answers: boolean
}

/** Three hosts on which `up` has been, without ssh, systemd or etcd: they answer what is looked at, and know what `member remove` does. */
export class FakeCluster {
  readonly hosts: Map<string, FakeHost>
  /** Of etcd. */
  members: string[]
  /** What was done, in its order. */
  readonly done: string[] = []
  /** Called before each change; may throw, as a run that is killed there. */
  before: (change: string) => void = () => {}
  /** What a host prints where a script is none of those below. */
  prints: (name: string, script: Script) => string | undefined = () => undefined
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.members = cluster.nodes.map(({ name }) => name)
    this.hosts = new Map(this.members.map((name) => [name, this.#asUpLeftIt(name)]))
  }

  connections(names: Iterable<string>): Map<string, Connection> {
    return new Map(
      [...names].map((name): [string, Connection] => {
        const isThere = this.hosts.get(name)?.answers === true
        return [
          name,
          isThere
            ? { kind: 'connected', host: this.#host(name) }
            : { kind: 'unreachable', error: new Error('no answer') },
        ]
      }),
    )
  }

  #asUpLeftIt(name: string): FakeHost {
    const at = layoutOf(this.#cluster)
    const header = `# Managed by etcd-deploy for cluster ${this.#cluster.name}; x\n`
    const formed = JSON.stringify({ cluster: this.#cluster.name, clusterId: 'cc', token: 't', formedAt: '' })
    const texts = {
      [at.unit]: header,
      [at.env]: `${header}ETCD_NAME=${name}\n`,
      [at.wrapper]: header,
      [at.formed]: formed,
    }
    const folders = [at.stateDir, ...['', '/snap', '/wal'].map((below) => `${this.#cluster.paths.data}/member${below}`)]
    return {
      files: new Map([
        ...folders.map((path): [string, FakeFile] => [path, folder]),
        ...Object.entries(texts).map(([path, text]): [string, FakeFile] => [path, file(text)]),
      ]),
      runs: true,
      enabled: true,
      answers: true,
    }
  }

  #host(name: string): Host {
    const run: Host['run'] = (scripts, options) => {
      const blocks = scripts.map((script, index) => {
        options.onBlock?.(index, 'begin')
        const block = { code: 0, stdout: this.#execute(name, script) }
        options.onBlock?.(index, 'end', 0)
        return block
      })
      return Promise.resolve({ blocks, stderr: '', durationMs: 1 })
    }
    return {
      name,
      target: name,
      cost: { commands: 0, bytesSent: 0, bytesReceived: 0 },
      run,
      lock: async (_, scripts, options) => ({
        kind: 'locked',
        result: await run(scripts, options),
        lost: new Promise(() => {}),
        release: () => Promise.resolve(),
      }),
      stream: () => Promise.reject(new Error('no streaming')),
      dial: () => Promise.reject(new Error('no dialling')),
      close: () => {},
    }
  }

  #execute(name: string, script: Script): string {
    const on = this.hosts.get(name) as FakeHost
    const { text, args = [], files = [] } = script
    const printed = this.prints(name, script)
    if (printed !== undefined) return printed
    const [node] = this.#cluster.nodes
    if (node === undefined) return ''
    if (text === hostLook(this.#cluster, node).script.text) return this.#look(name, on)
    if (text === etcdLook(this.#cluster, node).script.text) return on.runs ? this.#tell(name) : ''
    for (const { path, content, mode } of files)
      if (content.kind === 'bytes') on.files.set(path, { ...file(Buffer.from(content.bytes).toString()), mode })
    if (files.length > 0) this.#change(name, `write ${files.map(({ path }) => path.split('/').at(-1)).join(' ')}`)
    if (text.includes('member remove')) {
      const gone = this.members.find((member) => idOf(member) === args[0])
      this.#change(name, `remove ${gone}`)
      this.members = this.members.filter((member) => member !== gone)
      const was = this.hosts.get(gone ?? '')
      if (was !== undefined) was.runs = false
    }
    if (text.includes('systemctl disable')) {
      this.#change(name, 'disable')
      Object.assign(on, { enabled: false, runs: false })
    }
    if (text.includes('mv -T')) {
      this.#change(name, 'set aside')
      const { data } = this.#cluster.paths
      for (const path of on.files.keys()) if (path.startsWith(`${data}/member`)) on.files.delete(path)
      on.files.set(`${data}/member.2026-11-21T120000Z`, folder)
    }
    if (text.includes('rm -rf -- "$state"')) {
      this.#change(name, 'remove files')
      for (const path of on.files.keys()) if (!path.startsWith(`${this.#cluster.paths.data}/`)) on.files.delete(path)
    }
    if (text.startsWith('rm -f -- "$1"')) on.files.delete(args[0] ?? '')
    return ''
  }

  #change(name: string, what: string): void {
    this.before(`${name}: ${what}`)
    this.done.push(`${name}: ${what}`)
  }

  /** As host-script.ts prints it. */
  #look(name: string, on: FakeHost): string {
    const files = [...on.files]
    const sum = (text: string): string => createHash('sha256').update(text).digest('hex')
    const isUnit = on.files.has(layoutOf(this.#cluster).unit)
    const sections = {
      clock: [String(Date.now() / 1000)],
      login: ['0'],
      system: ['Linux', 'x86_64', '252'],
      names: [name],
      accounts: ['user', 'group', 'admin-group'],
      unit: [
        `LoadState=${isUnit ? 'loaded' : 'not-found'}`,
        `ActiveState=${on.runs ? 'active' : 'inactive'}`,
        `UnitFileState=${on.enabled ? 'enabled' : ''}`,
      ],
      ...(on.runs
        ? { process: ['exe=/usr/bin/etcd', 'startedAt=1', 'uptime=9'], environment: [`ETCD_NAME=${name}`] }
        : {}),
      stat: files.map(
        ([path, { type, text, mode, owner }]) => `${path}|${type}|${mode.toString(8)}|${owner}|${text.length}|1`,
      ),
      sums: files.filter(([, { type }]) => type !== 'directory').map(([path, { text }]) => `${sum(text)}  ${path}`),
      text: files.flatMap(([path, { text }]) =>
        text.split('\n').flatMap((line) => (line === '' ? [] : `${path}:${line}`)),
      ),
      data: files.flatMap(([path]) => /^\/var\/lib\/etcd\/([^/]+)$/.exec(path)?.[1] ?? []).map((entry) => `.${entry}`),
    }
    return Object.entries(sections)
      .map(([section, lines]) => [`#@ ${section}`, ...lines, ''].join('\n'))
      .join('')
  }

  /** As the script of `etcdLook` does. */
  #tell(name: string): string {
    const header = `"header":{"cluster_id":204,"member_id":${Number.parseInt(idOf(name), 16)},"revision":7}`
    const members = this.members.map((member) => {
      const node = this.#cluster.nodes.find((each) => each.name === member)
      const urls = `"peerURLs":["http://${node?.peer.address}:2380"],"clientURLs":["http://${node?.client.address}:2379"]`
      return `{"ID":${Number.parseInt(idOf(member), 16)},"name":"${member}",${urls}}`
    })
    const leader = Number.parseInt(idOf(this.members[0] ?? ''), 16)
    const status = `{${header},"version":"${this.#cluster.version}","leader":${leader},"raftTerm":3,"raftIndex":9}`
    return [
      'health exit 0',
      `members {${header},"members":[${members.join(',')}]}`,
      'members exit 0',
      `status [{"Endpoint":"http://127.0.0.1:2379","Status":${status}}]`,
      'status exit 0',
      '',
    ].join('\n')
  }
}

const folder: FakeFile = { type: 'directory', text: '', mode: 0o700, owner: 'etcd|etcd' }

function file(text: string): FakeFile {
  return { type: 'regular file', text, mode: 0o644, owner: 'root|root' }
}

function idOf(name: string): string {
  return name.replace('node', 'a')
}
