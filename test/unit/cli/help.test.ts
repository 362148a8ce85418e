import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { program } from '../../../src/cli/program.ts'

interface Called {
  name: string
  command: Command
}

/** Everything that can be called, by its whole name. */
function callable(command: Command, before = ''): Called[] {
  return command.commands.flatMap((each) => {
    const name = `${before}${each.name()}`
    return each.commands.length > 0 ? callable(each, `${name} `) : [{ name, command: each }]
  })
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp()
  return text
}

const all = callable(program('0.0.0', () => {}))

test('the commands are those that people are told of', () => {
  expect(all.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['up', 'plan', 'status', 'restart', 'down', 'snapshot save', 'exec', 'logs']),
  )
})

describe.each(all.map(({ name, command }) => [name, command] as const))('%s --help', (name, command) => {
  const help = helpOf(command)
  const examples = [...help.matchAll(/^ {2}\$ etcd-deploy (.*)$/gm)].map(([, line = '']) => line)

  test('has examples of this very command, with options that it has', () => {
    expect(examples.length).toBeGreaterThan(0)
    const known = command.options.flatMap(({ long, short }) => [long, short])
    for (const example of examples) {
      expect(example.startsWith(name), example).toBe(true)
      for (const option of (example.split(/ \| | -- /)[0] ?? '').split(' ').filter((word) => word.startsWith('-')))
        expect(known, example).toContain(option.split('=')[0])
    }
  })
})

// Done with `pki/` alone: there are no commands on hosts to be told of, and what is asked for is a file.
const local = ['certs issue', 'certs export', 'certs import-ca', 'endpoints', 'inventory']

// It looks at a file, whatever cluster that is from.
const alone = ['snapshot status']

test.each(all.filter(({ name }) => !alone.includes(name)))(
  '$name takes what every command takes',
  ({ name, command }) => {
    const help = helpOf(command)
    const taken = ['--yes', '--inventory', ...(local.includes(name) ? [] : ['--json', '--verbose'])]
    for (const option of taken) expect(help).toContain(option)
  },
)
