import type { Command } from 'commander'

import { DeployError, exitCode } from '../errors.ts'
import { examples } from './examples.ts'
import type { CommonOptions } from './options.ts'
import { wholeName } from './unknown-command.ts'

/** What every command takes. */
export function basic(command: Command, lines: readonly string[]): Command {
  return helped(withInventory(command).option('-y, --yes', yes), lines)
}

/** Of those that work on the hosts. */
export function looking(command: Command, lines: readonly string[]): Command {
  const seen = withInventory(command)
    .option('--json', 'JSON lines for programs')
    .option('-v, --verbose', 'every command on every host, with its time')
    .option('--accept-new-host-keys', 'accept the keys of hosts that known_hosts does not have')
    .option('-y, --yes', yes)
  return helped(seen, lines)
}

/** Of those that may be held to some of the hosts. */
export function changing(command: Command, lines: readonly string[]): Command {
  return looking(command, lines)
    .option('--on <nodes>', 'change only these nodes (names, separated by commas); all are observed')
    .option('--allow-downtime', 'go on where no voter can be spared')
}

export function withFile<T extends CommonOptions>(options: T, file: string | undefined): T {
  if (file === undefined) return options
  if (options.inventory === undefined) return { ...options, inventory: file }
  throw new DeployError({
    message: `two inventories are named, ${file} and ${options.inventory}`,
    next: 'name one: as an argument, or with -i',
    exitCode: exitCode.usage,
  })
}

const yes = 'answer every question with yes'

function withInventory(command: Command): Command {
  return command.option(
    '-i, --inventory <file>',
    'inventory file (default: inventory.ts or etcd-deploy.config.ts, searched upwards)',
  )
}

/** Of all; by itself for what needs no inventory. */
export function helped(command: Command, lines: readonly string[]): Command {
  return command
    .exitOverride()
    .showHelpAfterError(`(${wholeName(command)} --help shows its options)`)
    .addHelpText('after', examples(lines))
}
