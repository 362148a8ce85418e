import { InvalidArgumentError, Option, type Command } from 'commander'

import type { ExitCode } from '../errors.ts'
import type { LeafKind } from '../pki/leaf.ts'
import { changing, withFile } from './command-options.ts'
import { daysOf } from './days.ts'
import type { RotateOptions } from './rotate-certs.ts'

/** `etcd-deploy rotate-certs` */
export function addRotateCerts(root: Command, end: (code: ExitCode) => void): void {
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
  const days = daysOf(text)
  if (days === undefined) throw new InvalidArgumentError('Days: 30d.')
  return days
}
