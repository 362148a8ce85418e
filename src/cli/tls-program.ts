import { Option, type Command } from 'commander'

import type { ExitCode } from '../errors.ts'
import { changing, withFile } from './command-options.ts'
import type { TlsEnableOptions } from './tls-enable.ts'

/** `etcd-deploy tls …` */
export function addTls(root: Command, end: (code: ExitCode) => void): void {
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
}
