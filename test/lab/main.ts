import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { isHostName, labDown, labHost, labReset, labStatus, labUp, nodes } from './lab.ts'
import { LabError } from './process.ts'
import { prepareReleases } from './releases/prepare.ts'
import { releasePort, startReleaseServer } from './releases/server.ts'
import { sshCommand } from './ssh.ts'
import { tellError } from './told-errors.ts'

const usage = `npm run lab -- COMMAND
  up [--hosts N] [--bastion]   start node1..nodeN (3 unless said otherwise, at most 7; the bastion comes with node7)
  down [--engine]              remove hosts and network, and the Docker engine that the lab itself started
  reset [NODE...]              hosts as new, their keys unchanged
  status                       what runs
  ssh [USER@]NODE [CMD...]     log in (users: root, deploy, ops); deploy unless said otherwise
  releases                     get the etcd releases that the tests use
  serve                        hand them out on http://127.0.0.1:${releasePort} until Ctrl-C
Key, known_hosts and the password of ops: test/lab/.state/`

const commands: Record<string, (args: string[]) => Promise<void>> = {
  up: async (args) => {
    const { values } = parseArgs({ args, options: { hosts: { type: 'string' }, bastion: { type: 'boolean' } } })
    const hosts = Number(values.hosts ?? 3)
    if (!Number.isInteger(hosts) || hosts < 1 || hosts > nodes.length) {
      throw new LabError(`--hosts ${values.hosts}: a number from 1 to ${nodes.length}`)
    }
    await labUp({ hosts, say: console.log, ...(values.bastion ? { bastion: true } : {}) })
    await printStatus()
  },
  down: async (args) => {
    const { values } = parseArgs({ args, options: { engine: { type: 'boolean' } } })
    await labDown({ engine: values.engine ?? false, say: console.log })
  },
  reset: async (args) => {
    const names = args.map(hostNamed)
    console.log(`as new: ${(await labReset(names.length > 0 ? names : undefined)).join(', ')}`)
  },
  status: printStatus,
  ssh: async ([target = '', ...command]) => {
    const [name = '', user = 'deploy'] = target.split('@').toReversed()
    const [program = '', ...args] = sshCommand(hostNamed(name), user, command)
    const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
    if (error) throw new LabError(`ssh: ${error.message}`)
    process.exitCode = status ?? 1
  },
  releases: async () => {
    const { ready, skipped } = await prepareReleases(console.log)
    for (const { version, source, tarball } of ready) console.log(`${version}\t${source}\t${tarball}`)
    for (const { version, reason } of skipped) console.log(`${version}\tskipped\t${reason}`)
  },
  serve: async () => {
    await prepareReleases(console.log)
    const { mirror } = await startReleaseServer(releasePort)
    console.log(mirror)
  },
}

async function printStatus(): Promise<void> {
  const rows = await labStatus()
  if (rows.length === 0) console.log('no hosts: npm run lab -- up')
  for (const { host, state, systemd } of rows) {
    const { address, address6, sshPort } = labHost(host)
    const ssh = sshPort === undefined ? 'ssh through bastion' : `ssh 127.0.0.1:${sshPort}`
    console.log([host.padEnd(8), state.padEnd(8), (systemd || '-').padEnd(9), address, address6, ssh].join('  '))
  }
}

function hostNamed(name: string) {
  if (isHostName(name)) return name
  throw new LabError(`${name || 'NODE'}: no such host; node1 to node7, bastion`)
}

const [name = '', ...rest] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  console.error(usage)
  process.exitCode = 2
} else {
  try {
    await command(rest)
  } catch (error) {
    process.exitCode = tellError(error, usage)
  }
}
