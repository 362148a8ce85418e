import { InvalidArgumentError, type Command } from 'commander'

import type { ExitCode } from '../errors.ts'
import type { ChangeIpOptions } from './change-ip.ts'
import { looking } from './command-options.ts'

/** `etcd-deploy change-ip` */
export function addChangeIp(root: Command, end: (code: ExitCode) => void): void {
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
}

function portOption(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new InvalidArgumentError('A port: 1 to 65535.')
  return port
}
