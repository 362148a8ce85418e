import { expect } from 'vitest'
import { expectUnharmed } from '../../instruments/expect-unharmed.ts'
import { startRecorder } from '../../instruments/recorder.ts'
import { clientsAt } from '../support/cluster.ts'
import type { Site } from '../support/site.ts'
import { ending, told } from './at-events.ts'

/** A command about node3, killed and done again under the recorder: no write is lost, and it ends well. Answers where it was killed. */
export async function killedAndAgain(site: Site, command: string[], killAt: number): Promise<string> {
  const recorder = await startRecorder(await clientsAt(site, { node3: undefined }))
  const killed = await site.run(command, { killAt })
  const again = await site.run(command)
  const report = await recorder.stop()
  const at = ending(killed)
  expect(again.code, `${at}\n${told(again)}`).toBe(0)
  expectUnharmed(report, { longestGapMs: 2000 })
  return at
}
