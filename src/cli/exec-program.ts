import type { Command } from 'commander'

import { looking, withFile } from './command-options.ts'
import type { ExecOptions } from './exec.ts'
import type { LogsOptions } from './logs.ts'

/** `exec` and `logs`: what hosts say, line by line. */
export function addExec(root: Command, end: (code: number) => void): void {
  looking(root.command('exec'), [
    'exec -- uptime',
    'exec --on node1,node2 --sudo -- systemctl status etcd',
    "exec -- sh -c 'df -h /var/lib | tail -1'",
  ])
    .description('run a command on all hosts at once, as the login; each line with its host')
    .argument('<command...>', 'the command, word for word; put -- before it')
    .option('--on <nodes>', 'run it on these nodes only (names, separated by commas)')
    .option('--sudo', 'as root, by the sudo of the inventory')
    .action(async (words: string[], options: ExecOptions) =>
      end(await (await import('./exec.ts')).exec(words, options)),
    )

  looking(root.command('logs'), ['logs', 'logs --follow --on node2', 'logs inventory.ts --since 10m'])
    .description("show the journal of the members' service, the last 100 lines of each host")
    .argument('[inventory]', 'inventory file')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--since <time>', "all lines since then: 10m, '2026-11-21 12:00' (the hosts' time), 2026-11-21T12:00:00Z")
    .option('--on <nodes>', 'of these nodes only (names, separated by commas)')
    .action(async (file: string | undefined, options: LogsOptions) =>
      end(await (await import('./logs.ts')).logs(withFile(options, file))),
    )
}
