import { parseArgs } from 'node:util'
import { bringUpLab } from './lab.ts'
import { writeFullResult } from './full-result.ts'
import { countsText, npmScript, stage, stageLine, total, type Stage } from './stage.ts'
import { runProject } from './vitest.ts'

// Names of files narrow the integration tests: `npm run test:full -- kill matrix`.
const { values, positionals: only } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const ci = !['', '0', 'false', undefined].includes(process.env['CI'])
const seed = process.env['SEED'] ?? String(Math.floor(Math.random() * 2 ** 32))
const env = { SEED: seed, ...(values.full ? { FULL: '1' } : {}) }
const bin = new URL('../../node_modules/.bin', import.meta.url).pathname
process.env['PATH'] = `${bin}:${process.env['PATH']}`
process.chdir(new URL('../..', import.meta.url).pathname)

const stages: Stage[] = []
/** Each with its reason. */
const skipped: string[] = []
const releases: string[] = []

console.log(`${values.full ? 'everything' : 'a sample of what test:full runs'}; again with SEED=${seed}`)
stages.push(await stage('type check', () => npmScript('typecheck')))
stages.push(await stage('lint', () => npmScript('lint')))
stages.push(await stage('format', () => npmScript('format:check')))
stages.push(await stage('unused code', () => npmScript('unused')))
stages.push(await stage('build', () => npmScript('build')))
await tests('unit')
if (total(stages).failed > 0) skipped.push('lab, integration tests: what failed above comes first')
else if (await lab()) await tests('integration')
await tellEnd()

/** In CI a part of the lab that is missing is a failure, elsewhere it is named. */
async function lab(): Promise<boolean> {
  const ended = await stage('lab', async () => {
    const brought = await bringUpLab(console.log).catch((error: Error) => error)
    if (brought instanceof Error) {
      console.log(brought.stack)
      return { passed: 0, failed: 1, skipped: 0 }
    }
    const missing = 'why' in brought ? [`lab, integration tests: ${brought.why}`] : brought.skipped.map(releaseText)
    skipped.push(...missing)
    if ('ready' in brought) releases.push(...brought.ready.map(({ version, source }) => `${version} (${source})`))
    const passed = 'why' in brought ? 0 : 1
    return { passed, failed: ci ? missing.length : 0, skipped: ci ? 0 : missing.length }
  })
  stages.push(ended)
  return ended.passed > 0
}

async function tests(project: string): Promise<void> {
  const ended = await stage(`${project} tests`, async () => {
    const { skippedTests, ...counts } = await runProject(project, env, project === 'integration' ? only : [])
    skipped.push(...skippedTests.map(({ name, reason }) => `${name}: ${reason}`))
    return counts
  })
  stages.push(ended)
}

async function tellEnd(): Promise<void> {
  const all = total(stages)
  console.log(`\n${stages.map(stageLine).join('\n')}`)
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((line) => `  ${line}`).join('\n')}`)
  if (values.full && stages.some(({ name }) => name === 'integration tests')) {
    await writeFullResult({ stages, skipped, releases, seed, only })
  }
  console.log(`\n${countsText(all)}`)
  process.exitCode = all.failed > 0 ? 1 : 0
}

function releaseText({ version, reason }: { version: string; reason: string }): string {
  return `etcd ${version}: ${reason}`
}
