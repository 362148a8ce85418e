import { Command, InvalidArgumentError, Option } from 'commander'

import type { ExitCode } from '../errors.ts'
import { addCerts } from './certs-program.ts'
import type { ChangeIpOptions } from './change-ip.ts'
import { examples } from './examples.ts'
import { addMember } from './member-program.ts'
import type { LeafKind } from '../pki/leaf.ts'
import type { ChangeOptions, CommonOptions } from './options.ts'
import type { RotateOptions } from './rotate-certs.ts'
import type { TlsEnableOptions } from './tls-enable.ts'
import { wholeName } from './unknown-command.ts'

/** All commands; each loads its own code when it is called. */
export function program(version: string, end: (code: ExitCode) => void): Command {
  const root = new Command('etcd-deploy')
    .description('Brings up and operates etcd clusters on plain Linux hosts, over SSH.')
    .version(version, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(etcd-deploy --help lists the commands)')
    .addHelpText(
      'after',
      examples(['up inventory.ts', 'status', 'plan --detailed-exitcode', 'snapshot save backup.db']),
    )

  changing(root.command('up'), ['up', 'up inventory.ts', 'up --yes --json'])
    .description('bring the cluster to what the inventory says, from nothing or from any state between')
    .argument('[inventory]', 'inventory file')
    .action(async (file: string | undefined, options: ChangeOptions) =>
      end(await (await import('./up.ts')).up(withFile(options, file))),
    )

  looking(root.command('plan'), ['plan', 'plan inventory.ts --detailed-exitcode'])
    .description('show what up would do: every wave, host by host, with differences')
    .argument('[inventory]', 'inventory file')
    .option('--on <nodes>', 'show what would change on these nodes only')
    .option('--detailed-exitcode', 'exit 4 when there is something to change')
    .action(async (file: string | undefined, options: ChangeOptions & { detailedExitcode?: true }) =>
      end(await (await import('./plan.ts')).plan(withFile(options, file))),
    )

  looking(root.command('status'), ['status', 'status inventory.ts --json'])
    .description('show every member: health, version, size, alarms, lag, links, certificates, drift')
    .argument('[inventory]', 'inventory file')
    .action(async (file: string | undefined, options: CommonOptions) =>
      end(await (await import('./status.ts')).status(withFile(options, file))),
    )

  changing(root.command('restart'), ['restart', 'restart --on node2'])
    .description('restart the members one at a time, the leader last')
    .action(async (options: ChangeOptions) => end(await (await import('./restart.ts')).restart(options)))

  const rotate = changing(root.command('rotate-certs'), [
    'rotate-certs',
    'rotate-certs --if-expiring 30d --yes',
    'rotate-certs --ca',
    'rotate-certs --ca --continue',
  ])
    .description('new certificates for the members, without a restart; --ca: a new CA, without downtime')
    .argument('[inventory]', 'inventory file')
    .option('--only <kinds>', 'of server, peer, client, separated by commas', kindsOption)
    .option('--if-expiring <days>', 'only those that end within so many days (30d); silent when none does', daysOption)
    .option('--ca', 'a new CA: members trust both, new certificates, members trust the new one alone')
    .option('--continue', 'pass the pause at which the CA rotation stands')
    .option('--no-pause', 'pass all pauses: where no client but the hosts themselves exists')
    .option('--abort', 'go back to the old CA, until members trust the new one alone')
    .addOption(new Option('--to <ca>', 'the CA that certs import-ca has taken in').choices(['imported']))
    .option('--no-snapshot', 'take no snapshot before a CA rotation')
    .action(async (file: string | undefined, options: RotateOptions) => {
      refuseWithoutCa(rotate, options)
      end(await (await import('./rotate-certs.ts')).rotateCerts(withFile(options, file)))
    })

  looking(root.command('change-ip'), [
    'change-ip node2 10.0.0.9',
    'change-ip node2 --client-port 2479',
    'change-ip --map 10.0.0.1=10.1.0.1,10.0.0.2=10.1.0.2,10.0.0.3=10.1.0.3',
    'change-ip',
  ])
    .description('move members to other addresses, ports or names, also when all addresses are gone at once')
    .argument('[node]', 'the member; none: finish the change that was begun, or that the inventory was edited for')
    .argument('[address]', 'its new address or DNS name')
    .option('--map <old=new,...>', 'several members, one after the other; or a file with OLD=NEW in each line')
    .option('--peer <address>', 'where the other members reach it')
    .option('--client <address>', 'where clients reach it')
    .option('--peer-port <port>', 'its peer port', portOption)
    .option('--client-port <port>', 'its client port', portOption)
    .option('--no-snapshot', 'take no snapshot before')
    .option('--allow-downtime', 'go on where no voter can be spared')
    .action(async (node: string | undefined, address: string | undefined, options: ChangeIpOptions) =>
      end(
        await (
          await import('./change-ip.ts')
        ).changeIp({
          ...options,
          ...(node === undefined ? {} : { node }),
          ...(address === undefined ? {} : { address }),
        }),
      ),
    )

  const tls = root.command('tls').description('from http to https').exitOverride()
  changing(tls.command('enable'), ['tls enable', 'tls enable --mode server', 'tls enable --continue'])
    .description('a cluster without TLS gets it while it runs: no write is lost, no data deleted')
    .argument('[inventory]', 'inventory file')
    .addOption(new Option('--mode <mode>', 'with client certificates or without').choices(['mutual', 'server']))
    .option('--continue', 'pass the pause: clients speak https by now')
    .option('--no-pause', 'where no client but the hosts themselves exists')
    .option('--no-snapshot', 'take no snapshot before')
    .action(async (file: string | undefined, options: TlsEnableOptions) =>
      end(await (await import('./tls-enable.ts')).tlsEnable(withFile(options, file))),
    )

  changing(root.command('down'), ['down', 'down inventory.ts --yes'])
    .description('end the cluster: stop and remove it; its data is set aside')
    .argument('[inventory]', 'inventory file')
    .option('--purge', 'delete the data too, also what was set aside earlier')
    .action(async (file: string | undefined, options: ChangeOptions & { purge?: true }) =>
      end(await (await import('./down.ts')).down(withFile(options, file))),
    )

  const snapshot = root.command('snapshot').description('save the data of the cluster').exitOverride()
  looking(snapshot.command('save'), ['snapshot save backup.db', 'snapshot save -i prod.ts /backup/etcd.db'])
    .description('save a snapshot through the healthiest member, verified, into FILE')
    .argument('<file>', 'where to write it, on this machine')
    .action(async (file: string, options: CommonOptions) =>
      end(await (await import('./snapshot.ts')).snapshotSave(file, options)),
    )

  addMember(root, end, looking)
  addCerts(root, end)
  return root
}

function looking(command: Command, lines: string[]): Command {
  return command
    .option(
      '-i, --inventory <file>',
      'inventory file (default: inventory.ts or etcd-deploy.config.ts, searched upwards)',
    )
    .option('--json', 'JSON lines for programs')
    .option('-v, --verbose', 'every command on every host, with its time')
    .option('--accept-new-host-keys', 'accept the keys of hosts that known_hosts does not have')
    .addOption(new Option('-y, --yes', 'answer every question with yes'))
    .exitOverride()
    .showHelpAfterError(`(${wholeName(command)} --help shows its options)`)
    .addHelpText('after', examples(lines))
}

function changing(command: Command, lines: string[]): Command {
  return looking(command, lines)
    .option('--on <nodes>', 'change only these nodes (names, separated by commas); all are observed')
    .option('--allow-downtime', 'go on where no voter can be spared')
}

/** Options of the CA rotation mean nothing without it. */
function refuseWithoutCa(command: Command, options: RotateOptions): void {
  const { ca, only, ifExpiring } = options
  const ofCa = [
    options.continue === true ? '--continue' : undefined,
    options.pause === false ? '--no-pause' : undefined,
    options.abort === true ? '--abort' : undefined,
    options.to === undefined ? undefined : '--to',
    options.snapshot === false ? '--no-snapshot' : undefined,
  ].find((option) => option !== undefined)
  if (ca !== true && ofCa !== undefined) command.error(`error: ${ofCa} goes with --ca`)
  if (ca === true && (only !== undefined || ifExpiring !== undefined))
    command.error('error: --only and --if-expiring do not go with --ca: a new CA means new certificates for all')
}

function kindsOption(text: string): LeafKind[] {
  return text.split(',').map((word) => {
    const kind = (['server', 'peer', 'client'] as const).find((each) => each === word.trim())
    if (kind === undefined) throw new InvalidArgumentError('server, peer and client are the kinds.')
    return kind
  })
}

function daysOption(text: string): number {
  const days = /^(\d{1,5})d?$/.exec(text.trim())?.[1]
  if (days === undefined) throw new InvalidArgumentError('Days: 30d.')
  return Number(days)
}

function portOption(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new InvalidArgumentError('A port: 1 to 65535.')
  return port
}

function withFile<T extends CommonOptions>(options: T, file: string | undefined): T {
  return file === undefined ? options : { ...options, inventory: file }
}
