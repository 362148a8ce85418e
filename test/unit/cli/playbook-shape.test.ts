import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import down from '../../../playbooks/down.ts'
import stop from '../../../playbooks/stop.ts'
import { playbookProblems } from '../../../src/cli/playbook-shape.ts'

const step = { name: 'files', next: () => [] }
const stage = { name: 'done', steps: [step], reached: () => true }
const playbook = { name: 'mine', stages: [stage] }

test('a whole one is right', () => {
  const look = { name: 'chrony', script: { text: ':', args: ['a'] } }
  const all = {
    ...playbook,
    about: 'hosts',
    check: () => [],
    stages: [{ ...stage, steps: [{ ...step, look, alone: true }] }],
  }
  expect(playbookProblems(all)).toEqual([])
})

test.each<[unknown, string[]]>([
  [() => playbook, ['is a function: export what it answers, as `export default myPlaybook({ … })`']],
  [[playbook], ['is a list: export default definePlaybook({ name, stages })']],
  [{ stages: [stage] }, ['name: is missing: a text that says what runs']],
  [{ ...playbook, stage: [] }, ['stage: unknown; did you mean stages?']],
  [{ ...playbook, about: 'host' }, ["about: is neither 'cluster' nor 'hosts'"]],
  [{ ...playbook, check: [] }, ['check: is no function']],
  [{ ...playbook, stages: [] }, ['stages: is missing: a list of at least one']],
  [{ ...playbook, stages: ['up'] }, ['stages[0]: is string, no record']],
  [
    { ...playbook, stages: [{ name: 'x', steps: [step] }] },
    ['stages[0].reached: is missing: a function; stage(name, steps) makes it'],
  ],
  [
    { ...playbook, stages: [{ ...stage, pause: 'wait' }] },
    ['stages[0].pause: a playbook of your own does not pause: make it two'],
  ],
  [
    { ...playbook, stages: [stage, { ...stage, steps: [step, { name: 'b', nxt: step.next }] }] },
    [
      'stages[1].steps[1].nxt: unknown; did you mean next?',
      'stages[1].steps[1].next: is missing: a function (want, seen) => changes',
    ],
  ],
  [
    { ...playbook, stages: [{ ...stage, steps: [{ ...step, look: { name: 'x', script: 'ls' } }] }] },
    ["stages[0].steps[0].look.script: is missing: { text: 'cat /etc/…' }"],
  ],
  [
    {
      ...playbook,
      stages: ['a', 'b'].map((text) => ({ ...stage, steps: [{ ...step, look: { name: 'x', script: { text } } }] })),
    },
    ['two looks are called x, and ask other things'],
  ],
])('%#: %j', (exported, problems) => {
  expect(playbookProblems(exported)).toEqual(problems)
})

const own = new URL('../../../playbooks/', import.meta.url)

/** Those that a person may copy and run; the others are operations with arguments, a record or pauses. */
test.each(readdirSync(own).filter((name) => ['up.ts', 'rotate-certs.ts', 'revoke.ts', 'start.ts'].includes(name)))(
  "this tool's own %s is one too",
  async (name) => {
    const { default: playbook } = (await import(new URL(name, own).href)) as { default: unknown }
    expect(playbookProblems(playbook)).toEqual([])
  },
)

test.each([
  ['down', down({ purge: true }), ['stop', 'data', 'files'], 'down'],
  ['stop', stop({ whole: true }), ['stop'], 'stop'],
])(
  'a copy of our %s is none: its steps stop members on purpose, and that command asks first',
  (_, copy, steps, command) => {
    expect(playbookProblems(copy)).toEqual(
      steps.map(
        (name, index) =>
          `stages[0].steps[${index}]: ${name} is a step of etcd-deploy ${command} alone, which asks before it`,
      ),
    )
  },
)
