import type { Command } from 'commander'
import type { ExitCode } from '../errors.ts'
import { basic, changing, looking, withFile } from './command-options.ts'
import type { InitOptions } from './init-answers.ts'
import type { CommonOptions } from './options.ts'
import type { RunPlaybookOptions } from './run-playbook.ts'

/** What is about files of your own: `etcd-deploy init`, `inventory`, `run`. */
export function addOwn(root: Command, end: (code: ExitCode) => void): void {
  looking(root.command('init'), [
    'init',
    "init --cluster prod --etcd 3.6.16 --nodes '10.0.0.1 10.0.0.2 10.0.0.3' --user deploy",
    'init dr.ts --cluster dr --etcd 3.6.16 --nodes db1=10.1.0.1 --user root --tls off --no-try',
  ])
    .description(
      'write an inventory: asks what no flag says, and tries the hosts; exit 2 where a file is there already',
    )
    .argument('[file]', 'where to write it (default: inventory.ts)')
    .option('--cluster <name>', "the cluster's name")
    .option('--etcd <version>', "etcd's version, whole")
    .option('--nodes <list>', 'addresses, or NAME=ADDRESS, separated by spaces or commas')
    .option('--user <name>', 'whom to log in as (default: as ssh does)')
    .option('--key <file>', 'private key (default: your agent, and the usual ones in ~/.ssh)')
    .option('--sudo <how>', 'how root is reached: yes, no, prompt, env:NAME or file:PATH (where its password is)')
    .option('--tls <mode>', 'mutual, server or off (default: mutual)')
    .option('--no-try', 'do not try the hosts')
    .action(async (file: string | undefined, options: InitOptions) =>
      end(await (await import('./init.ts')).init(withFile(options, file), root.version() ?? '')),
    )

  changing(root.command('run'), ['run ./chrony.ts', 'run ./chrony.ts prod.ts --dry-run', 'run ./mine.ts --on node2'])
    .description('run a playbook of your own: under the lock and the guard, until nothing differs')
    .argument('<playbook>', 'file that exports it')
    .argument('[inventory]', 'inventory file')
    .option('--dry-run', 'show what it would do, wave by wave, and do nothing')
    .action(async (playbook: string, file: string | undefined, options: RunPlaybookOptions) =>
      end(await (await import('./run-playbook.ts')).runPlaybook(playbook, withFile(options, file))),
    )

  basic(root.command('inventory'), ['inventory', 'inventory prod.ts --json'])
    .description('show the inventory as it is understood: every default filled in, and where each value comes from')
    .argument('[inventory]', 'inventory file')
    .option('--json', 'one JSON object for programs')
    .action(async (file: string | undefined, options: CommonOptions) =>
      end(await (await import('./inventory.ts')).inventory(withFile(options, file))),
    )
}
