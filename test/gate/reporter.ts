import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'
import type { Counts } from './stage.ts'

export interface Told extends Counts {
  skippedTests: { name: string; reason: string }[]
}

/** Vitest's own counts, and why tests were skipped, which its JSON does not say. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    // A file that can't be loaded, a hook or a stray promise that failed: no test tells of it.
    const around = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const besideTests = around.flatMap((part) => part.errors()).length + strayErrors.length
    const skipped = [...inState('skipped'), ...inState('pending')]
    const told: Told = {
      passed: inState('passed').length,
      failed: inState('failed').length + besideTests,
      skipped: skipped.length,
      skippedTests: skipped.map((test) => {
        const result = test.result()
        return { name: test.fullName, reason: (result.state === 'skipped' && result.note) || 'no reason given' }
      }),
    }
    writeFileSync(process.env['COUNTS_FILE'] ?? 'counts.json', JSON.stringify(told))
  }
}
