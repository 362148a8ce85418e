import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faults } from './integration/support/faults.ts'

/** Joins what tests kept (MESSAGES=FOLDER) into docs/messages.md; what was not provoked this time stays as it is there. */
const page = join(import.meta.dirname, '../docs/messages.md')
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: npm run messages -- FOLDER, where tests ran with MESSAGES=FOLDER')

interface Told {
  fault: string
  command: string
  code: number | null
  words: string
}

const before = existsSync(page) ? readFileSync(page, 'utf8') : ''
const entries = new Map(
  before
    .split(/^(?=###? )/m)
    .filter((part) => part.startsWith('### '))
    .map((part) => [part.slice(4, part.indexOf('\n')), part.trimEnd()]),
)
for (const name of readdirSync(folder)) {
  const told = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Told
  entries.set(told.fault, entryOf(told))
}

const sections = Object.entries(faults).map(([symptom, names]) =>
  [`## ${symptom}`, ...names.flatMap((name) => entries.get(name) ?? [])].join('\n\n'),
)
writeFileSync(page, `${[introduction(), ...sections].join('\n\n')}\n`)
const missing = Object.values(faults)
  .flat()
  .filter((name) => !entries.has(name))
if (missing.length > 0) console.error(`not on the page yet:\n${missing.map((name) => `  ${name}\n`).join('')}`)
process.exitCode = missing.length > 0 ? 1 : 0

function entryOf({ fault, command, code, words }: Told): string {
  const ended = `\`etcd-deploy ${command}\`, exit code ${code}:`
  return `### ${fault}\n\n${ended}\n\n\`\`\`text\n${words}\n\`\`\``
}

function introduction(): string {
  return `# Messages

What a person reads when something goes wrong, side by side. This page is generated: tests provoke each fault on real hosts, and what
the command told without a terminal stands here, with addresses, times, paths and fingerprints as they might be elsewhere. What stands
behind a message: [troubleshooting](troubleshooting.md).

After the repair **the same command, run again**, goes on from what it finds; the tests see that too, and that nothing half-written
was left and nothing was lost. Exit codes: 0 done, 1 failed, 2 wrong usage or inventory, 3 refused to protect data or quorum,
4 differences, 130 interrupted.`
}
