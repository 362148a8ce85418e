import type { HostReading, Look } from '../engine/playbook.ts'
import { withHost, type Answer, type ReachedHost, type Seen } from './seen.ts'

/** What the steps of a playbook ask of each host beside what is asked anyway. */
export function ownLooks(stages: readonly { steps: readonly { look?: Look }[] }[]): Look[] {
  const looks = stages.flatMap(({ steps }) => steps.flatMap(({ look }) => look ?? []))
  const byName = new Map(looks.map(({ name, script }) => [name, { name: `${mark}${name}`, script }]))
  return [...byName.values()]
}

/** By the names of the looks. */
export function readAnswers(reading: Extract<HostReading, { kind: 'read' }>): ReadonlyMap<string, Answer> {
  return new Map(
    Object.entries(reading.outputs)
      .filter(([name]) => name.startsWith(mark))
      .map(([name, { code, stdout }]) => [name.slice(mark.length), { code, stdout }]),
  )
}

/** What a host answered to a step's own look; undefined: it was not asked, or did not come to it. */
export function answerOf(host: ReachedHost, look: string): Answer | undefined {
  return host.answers?.get(look)
}

/** For `predict`: as if the host had answered this to a step's own look, and ended well. */
export function withAnswer(seen: Seen, host: string, look: string, stdout: string): Seen {
  return withHost(seen, host, ({ answers }) => ({ answers: new Map(answers).set(look, { code: 0, stdout }) }))
}

/** No look of this tool's own is called so. */
const mark = 'playbook: '
