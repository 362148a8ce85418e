import type { Change, HostReading, Look, Preparation, Problem, Refusal, Subject } from '../engine/playbook.ts'
import type { Seen } from './seen.ts'
import type { StageTarget } from './stage-target.ts'
import type { Wanted } from './wanted.ts'

type Inner = Subject<Wanted, Seen, StageTarget>

/** A subject that also sees and checks what a playbook of the user's asks for. */
export class OwnSubject implements Inner {
  readonly #inner: Inner
  readonly #looks: readonly Look[]
  readonly #problems: (seen: Seen) => Problem[]

  constructor(inner: Inner, { looks, problems }: { looks: readonly Look[]; problems(seen: Seen): Problem[] }) {
    this.#inner = inner
    this.#looks = looks
    this.#problems = problems
  }

  get changesForSure(): boolean {
    return this.#inner.changesForSure === true
  }

  looks = (host: string, when?: 'before changes' | 'amid changes'): Look[] => [
    ...this.#inner.looks(host, when),
    ...this.#looks,
  ]

  see = (readings: ReadonlyMap<string, HostReading>): Seen => this.#inner.see(readings)

  check = (seen: Seen): Problem[] => [...this.#inner.check(seen), ...this.#problems(seen)]

  checkWanted = (want: Wanted, seen: Seen): Problem[] => this.#inner.checkWanted(want, seen)

  guard = (change: Change<Seen>, want: Wanted, seen: Seen): Refusal | undefined => this.#inner.guard(change, want, seen)

  prepare = (seen: Seen, options: Preparation<StageTarget>): Promise<Wanted | undefined> =>
    this.#inner.prepare(seen, options)
}
