import {
  answerOf,
  definePlaybook,
  reachedHosts,
  stage,
  textFile,
  warned,
  withAnswer,
  type Change,
  type ReachedHost,
  type Seen,
  type Step,
  type Wanted,
} from 'etcd-deploy'

// Time servers for chrony on all hosts: leases and certificates go by the clock. Run it with: etcd-deploy run ./chrony.ts
const servers = ['0.pool.ntp.org', '1.pool.ntp.org', '2.pool.ntp.org']

const dropIn = `${servers.map((server) => `server ${server} iburst`).join('\n')}
# Step the clock at the start only: etcd bears a jump badly.
makestep 1 3
`

/** One line for what there is (`chronyd`, `folder PATH`), then a line, then the drop-in as it is now. */
const look = {
  name: 'chrony',
  script: {
    text: `
! command -v chronyd >/dev/null || echo chronyd
for folder in /etc/chrony/conf.d /etc/chrony.d; do
  [ ! -d "$folder" ] || { echo "folder $folder"; break; }
done
echo --
cat "$folder/etcd-deploy.conf" 2>/dev/null || :
`,
  },
}

interface Chrony {
  installed: boolean
  folder: string | undefined
  dropIn: string
}

function chronyOf(host: ReachedHost): Chrony {
  const stdout = answerOf(host, look.name)?.stdout ?? ''
  const [there = '', dropIn = ''] = stdout.split(/^--\n/m)
  const folder = /^folder (.+)$/m.exec(there)?.[1]
  return { installed: /^chronyd$/m.test(there), folder, dropIn }
}

const timeServers: Step<Wanted, Seen> = {
  name: 'time servers',
  look,
  next: (_, seen) =>
    reachedHosts(seen).flatMap(([host, on]): Change<Seen>[] => {
      const { installed, folder, dropIn: found } = chronyOf(on)
      if (!installed || folder === undefined || found === dropIn) return []
      const file = textFile(`${folder}/etcd-deploy.conf`, dropIn, { mode: 0o644, owner: 'root', group: 'root' })
      return [
        {
          host,
          what: `write ${file.path}`,
          why: found === '' ? 'missing' : 'differs',
          script: {
            text: 'install_files; systemctl try-restart chrony.service || systemctl try-restart chronyd.service',
            files: [file],
          },
          timeoutMs: 30_000,
          predict: (before) => withAnswer(before, host, look.name, `chronyd\nfolder ${folder}\n--\n${dropIn}`),
        },
      ]
    }),
}

export default definePlaybook({
  name: 'chrony',
  about: 'hosts',
  check: (_, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const { installed, folder } = chronyOf(on)
      if (!installed)
        return [
          warned(host, {
            message: 'chrony is not installed',
            next: 'install it: apt install chrony, dnf install chrony',
          }),
        ]
      if (folder !== undefined) return []
      const next = 'make /etc/chrony.d, and add `confdir /etc/chrony.d` to /etc/chrony.conf'
      return [warned(host, { message: 'chrony reads no folder of drop-ins', next })]
    }),
  stages: [stage('every chrony has our time servers', [timeServers])],
})
