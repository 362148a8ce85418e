import { Command } from 'commander'

import { addCerts } from './certs-program.ts'
import { addChangeIp } from './change-ip-program.ts'
import { changing, helped, looking, withFile } from './command-options.ts'
import { examples } from './examples.ts'
import { addEndpoints } from './endpoints-program.ts'
import { addExec } from './exec-program.ts'
import { addMember } from './member-program.ts'
import type { ChangeOptions, CommonOptions } from './options.ts'
import { addOwn } from './own-program.ts'
import { addRotateCerts } from './rotate-certs-program.ts'
import { addStatus } from './status-program.ts'
import { addStop } from './stop-program.ts'
import { addTls } from './tls-program.ts'

/** All commands; each loads its own code when it is called. */
export function program(version: string, end: (code: number) => void): Command {
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

  addStatus(root, end)

  changing(root.command('restart'), ['restart', 'restart inventory.ts --on node2'])
    .description('restart the members one at a time, the leader last')
    .argument('[inventory]', 'inventory file')
    .action(async (file: string | undefined, options: ChangeOptions) =>
      end(await (await import('./restart.ts')).restart(withFile(options, file))),
    )

  addStop(root, end)
  addRotateCerts(root, end)
  addChangeIp(root, end)
  addTls(root, end)

  changing(root.command('down'), ['down', 'down inventory.ts --yes'])
    .description('end the cluster: stop and remove it; its data is set aside')
    .argument('[inventory]', 'inventory file')
    .option('--purge', 'delete the data too, also what was set aside earlier')
    .action(async (file: string | undefined, options: ChangeOptions & { purge?: true }) =>
      end(await (await import('./down.ts')).down(withFile(options, file))),
    )

  const snapshot = root
    .command('snapshot')
    .description('save the data of the cluster, and look at what was saved')
    .exitOverride()
  looking(snapshot.command('save'), ['snapshot save backup.db', 'snapshot save -i prod.ts /backup/etcd.db'])
    .description('save a snapshot through the healthiest member, verified, into FILE')
    .argument('<file>', 'where to write it, on this machine')
    .action(async (file: string, options: CommonOptions) =>
      end(await (await import('./snapshot.ts')).snapshotSave(file, options)),
    )
  helped(snapshot.command('status'), ['snapshot status backup.db', 'snapshot status /backup/etcd.db --json'])
    .description('prove that a snapshot on this machine is whole, and tell what is in it')
    .argument('<file>', 'the snapshot')
    .option('--json', 'one JSON object for programs')
    .action(async (file: string, options: { json?: true }) =>
      end(await (await import('./snapshot-status.ts')).snapshotStatusOf(file, options)),
    )

  addEndpoints(root, end)
  addExec(root, end)
  addMember(root, end)
  addCerts(root, end)
  addOwn(root, end)
  return root
}
