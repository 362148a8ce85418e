import type { Command } from 'commander'
import type { ExitCode } from '../errors.ts'
import { basic, withFile } from './command-options.ts'
import type { CommonOptions } from './options.ts'

/** What is about files of your own: `etcd-deploy inventory`. */
export function addOwn(root: Command, end: (code: ExitCode) => void): void {
  basic(root.command('inventory'), ['inventory', 'inventory prod.ts --json'])
    .description('show the inventory as it is understood: every default filled in, and where each value comes from')
    .argument('[inventory]', 'inventory file')
    .option('--json', 'one JSON object for programs')
    .action(async (file: string | undefined, options: CommonOptions) =>
      end(await (await import('./inventory.ts')).inventory(withFile(options, file))),
    )
}
