import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { run } from '../lab/process.ts'
import { countsText, total, type Stage } from './stage.ts'

export interface FullResult {
  stages: Stage[]
  skipped: string[]
  releases: string[]
  seed: string
  /** Files of integration tests; none: all. */
  only: readonly string[]
}

const file = 'test/full-result.md'

/** What `npm run test:full` found, to be committed with what it tested. */
export async function writeFullResult({ stages, skipped, releases, seed, only }: FullResult): Promise<void> {
  const root = join(import.meta.dirname, '../..')
  const minutes = Math.ceil(stages.reduce((sum, { seconds }) => sum + seconds, 0) / 60)
  const text = `# The last run of \`npm run test:full\`

${countsText(total(stages))}, in ${minutes} min, on ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC.

| what | seconds | passed | failed | skipped |
| --- | ---: | ---: | ---: | ---: |
${stages.map((one) => `| ${one.name} | ${one.seconds.toFixed(1)} | ${one.passed} | ${one.failed} | ${one.skipped} |`).join('\n')}

- Commit: ${await said('git', ['describe', '--always', '--dirty', '--exclude=*'])}
- Seed: ${seed}
- Integration tests: ${only.length === 0 ? 'all' : `only the files ${only.join(', ')}`}
- etcd: ${releases.join(', ')}
- Node ${process.versions.node}, Docker ${await said('docker', ['version', '-f', '{{.Server.Version}}'])}
- Linux ${release()}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB
- Skipped: ${skipped.length === 0 ? 'nothing' : ''}
${skipped.map((line) => `  - ${line}\n`).join('')}`
  writeFileSync(join(root, file), `${text.trimEnd()}\n`)
  console.log(`\nWritten to ${file}`)
}

async function said(program: string, args: string[]): Promise<string> {
  const { code, stdout } = await run(program, args)
  return code === 0 ? stdout.trim() : 'unknown'
}
