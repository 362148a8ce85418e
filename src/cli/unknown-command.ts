import type { Command } from 'commander'
import { nearest } from '../nearest.ts'

/** What to say where a word is no command; commander would answer `--help` behind it with the help of what stands before. */
export function unknownCommand(root: Command, args: readonly string[]): string | undefined {
  let group = root
  for (const word of args) {
    if (word.startsWith('-') || word === 'help' || group.commands.length === 0) return undefined
    const command = group.commands.find((each) => each.name() === word)
    if (command === undefined) return told(root, group, word)
    group = command
  }
  return undefined
}

/** `etcd-deploy snapshot save` */
export function wholeName(command: Command): string {
  return command.parent === null ? command.name() : `${wholeName(command.parent)} ${command.name()}`
}

function told(root: Command, group: Command, word: string): string {
  const meant = meantBy(root, group, word)
  return [
    `error: unknown command '${word}'`,
    ...(meant.length === 0 ? [] : [`did you mean: ${meant.map(wholeName).join(', or ')}`]),
    `(${wholeName(group)} --help lists the commands)`,
    '',
  ].join('\n')
}

/** A command elsewhere that is called so; else the one here, and then the one anywhere, that is spelt most alike. */
function meantBy(root: Command, group: Command, word: string): Command[] {
  const all = callable(root)
  const elsewhere = all.filter((command) => command.name() === word)
  if (elsewhere.length > 0) return elsewhere
  for (const candidates of [group.commands, all]) {
    const name = nearest(
      word,
      candidates.map((command) => command.name()),
    )
    if (name !== undefined) return candidates.filter((command) => command.name() === name)
  }
  return []
}

function callable(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length === 0 ? [each] : callable(each)))
}
