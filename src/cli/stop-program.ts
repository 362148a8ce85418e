import type { Command } from 'commander'

import type { ExitCode } from '../errors.ts'
import { changing, looking, withFile } from './command-options.ts'
import type { ChangeOptions } from './options.ts'

/** `stop` and `start`: a cluster that rests for a while. */
export function addStop(root: Command, end: (code: ExitCode) => void): void {
  changing(root.command('stop'), ['stop', 'stop inventory.ts --yes', 'stop --on node2'])
    .description('stop the whole cluster, or with --on some members while the others serve; a boot starts them again')
    .argument('[inventory]', 'inventory file')
    .action(async (file: string | undefined, options: ChangeOptions) =>
      end(await (await import('./stop.ts')).stop(withFile(options, file))),
    )

  looking(root.command('start'), ['start', 'start inventory.ts', 'start --on node1,node2'])
    .description('start the members that do not run, all at once, and wait until they serve')
    .argument('[inventory]', 'inventory file')
    .option('--on <nodes>', 'start only these nodes (names, separated by commas); all are observed')
    .action(async (file: string | undefined, options: ChangeOptions) =>
      end(await (await import('./start.ts')).start(withFile(options, file))),
    )
}
