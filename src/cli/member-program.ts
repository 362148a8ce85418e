import type { Command } from 'commander'

import type { ExitCode } from '../errors.ts'
import { looking } from './command-options.ts'
import type { RemoveOptions } from './member-remove.ts'
import type { ReplaceOptions } from './member-replace.ts'
import type { ChangeOptions, CommonOptions } from './options.ts'

/** `member …`: who is in the cluster. */
export function addMember(root: Command, end: (code: ExitCode) => void): void {
  const member = root.command('member').description('members come, go and are replaced').exitOverride()

  looking(member.command('list'), ['member list', 'member list --json'])
    .description("etcd's members beside the inventory's, differences marked")
    .action(async (options: CommonOptions) => end(await (await import('./member-list.ts')).memberList(options)))

  looking(member.command('add'), ['member add node4', 'member add node4 node5'])
    .description('nodes that are newly in the inventory become members, one after the other: learners first')
    .argument('<nodes...>', 'nodes of the inventory')
    .action(async (names: string[], options: ChangeOptions) =>
      end(await (await import('./member-add.ts')).memberAdd(names, options)),
    )

  looking(member.command('remove'), [
    'member remove node3',
    'member remove node3 --yes',
    'member remove 8e9e05c52164694d',
  ])
    .description('a member leaves for good: the inventory is edited, its data set aside on its host')
    .argument('<node>', 'the member; one that the inventory does not have by its name in etcd or its id')
    .option('--no-snapshot', 'take no snapshot before')
    .action(async (name: string, options: RemoveOptions) =>
      end(await (await import('./member-remove.ts')).memberRemove(name, options)),
    )

  looking(member.command('replace'), ['member replace node2', 'member replace node2 --with 10.0.0.9'])
    .description('a dead or wiped member leaves the cluster and comes back as a new one')
    .argument('<node>', 'the member')
    .option('--with <address>', 'another host takes its place, at this address')
    .option('--no-snapshot', 'take no snapshot before')
    .action(async (name: string, options: ReplaceOptions) =>
      end(await (await import('./member-replace.ts')).memberReplace(name, options)),
    )
}
