import type { Command, CommanderError } from 'commander'
import { program } from '../../src/cli/program.ts'
import { unknownCommand } from '../../src/cli/unknown-command.ts'

/** Why the program would not take these words; undefined: it would. Nothing is run. */
export async function misuse(words: readonly string[]): Promise<CommanderError | Error | undefined> {
  const root = program('0.0.0', () => {})
  for (const command of callable(root)) command.action(() => {})
  for (const command of [root, ...below(root)]) command.configureOutput({ writeErr: () => {}, writeOut: () => {} })
  const unknown = unknownCommand(root, words)
  if (unknown !== undefined) return new Error(unknown)
  try {
    await root.parseAsync(words, { from: 'user' })
    return undefined
  } catch (error) {
    const { exitCode } = error as CommanderError
    return exitCode === 0 ? undefined : (error as CommanderError)
  }
}

/** Whole names of all commands: `snapshot save`. */
export function commandNames(): string[] {
  return callable(program('0.0.0', () => {})).map(nameOf)
}

function nameOf(command: Command): string {
  const before = command.parent?.parent ? `${nameOf(command.parent)} ` : ''
  return `${before}${command.name()}`
}

function below(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...below(each)])
}

function callable(root: Command): Command[] {
  return below(root).filter(({ commands }) => commands.length === 0)
}
