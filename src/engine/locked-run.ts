import { together } from '../errors.ts'
import { apply } from './apply.ts'
import { countAttempt } from './attempts.ts'
import type { Emit } from './events.ts'
import type { Locks } from './locks.ts'
import { observe } from './observe.ts'
import { removeIntent, writeIntent } from './intent.ts'
import { refuse } from './refuse.ts'
import { narrow, nextWave, stageAt, type Wave } from './plan.ts'
import type { Change, HostReading, Look, Stage, Subject } from './playbook.ts'
import type { Outcome, RunContext } from './run-context.ts'

/** What happens while every host's lock is held: stage after stage, wave after wave. */
export class LockedRun<W, S, T> {
  readonly #stages: readonly Stage<W, S, T>[]
  readonly #subject: Subject<W, S, T>
  readonly #context: RunContext
  readonly #readings: Map<string, HostReading>
  /** Hosts whose reading is older than the last wave. */
  readonly #stale = new Set<string>()
  #waves = 0

  constructor(stages: readonly Stage<W, S, T>[], subject: Subject<W, S, T>, context: RunContext, locks: Locks) {
    this.#stages = stages
    this.#subject = subject
    this.#context = context
    this.#readings = locks.readings
  }

  async toTheEnd(hosts: readonly string[]): Promise<Outcome<S>> {
    for (const host of hosts) if (!this.#readings.has(host)) this.#stale.add(host)
    await this.#refresh()
    refuse(this.#context, this.#subject.check(this.#seen()))
    const want = await this.#prepare()
    const { intent } = this.#context
    if (intent !== undefined) await writeIntent(intent, this.#context)
    const first = stageAt(this.#stages, want, this.#seen())
    for (let index = first; index < this.#stages.length; index++) {
      const stage = this.#stages[index] as Stage<W, S, T>
      const begun = index === first && stage.begun?.(want, this.#seen()) === true
      const before = this.#stages[index - 1]
      if (before?.pause !== undefined && !begun && !this.#passes(before, index === first)) return this.#pausedAt(before)
      await this.#reach(stage)
    }
    if (intent !== undefined && intent.stays !== true) await removeIntent(intent, this.#context)
    return { seen: this.#seen() }
  }

  async #reach(stage: Stage<W, S, T>): Promise<void> {
    const { emit } = this.#context
    emit({ type: 'stage-begin', stage: stage.name })
    try {
      await this.#waveAfterWave(stage)
      emit({ type: 'stage-end', stage: stage.name, outcome: 'reached' })
    } catch (error) {
      emit({ type: 'stage-end', stage: stage.name, outcome: 'failed' })
      throw error
    }
  }

  async #waveAfterWave(stage: Stage<W, S, T>): Promise<void> {
    const made = new Map<string, number>()
    for (;;) {
      this.#context.signal.throwIfAborted()
      const { wave, want } = await this.#plan(stage)
      if (wave.length === 0) return
      for (const change of wave) countAttempt(made, change)
      const down = wave.find((change) => change.takesDown !== undefined)
      if (down !== undefined && !(await this.#guarded(down, want))) continue
      await this.#apply(wave)
    }
  }

  /** The next wave; one that takes a member down is planned on a reading of every host that is younger than the last wave. */
  async #plan(stage: Stage<W, S, T>): Promise<{ wave: Wave<S>; want: W }> {
    const plan = async (): Promise<{ wave: Wave<S>; want: W }> => {
      const prepared = await this.#prepare(stage)
      const want = stage.want?.(prepared, this.#seen()) ?? prepared
      return { want, wave: nextWave(narrow(stage.steps, this.#context.on), want, this.#seen()) }
    }
    // A host that stopped answering in between would be passed over by the steps, and the run would end as if all were right.
    refuse(this.#context, this.#subject.check(this.#seen()))
    const planned = await plan()
    const takesDown = planned.wave.some((change) => change.takesDown !== undefined)
    if (takesDown) this.#markStale((reading) => Date.now() - latestMs(reading) > guardedReadingMs)
    if ((planned.wave.length > 0 && !takesDown) || this.#stale.size === 0) return planned
    await this.#refresh()
    refuse(this.#context, this.#subject.check(this.#seen()))
    return plan()
  }

  /** True: may go ahead. False: a person was asked, time has passed, look again. */
  async #guarded(change: Change<S>, want: W): Promise<boolean> {
    const refusal = this.#subject.guard(change, want, this.#seen())
    if (refusal === undefined) return true
    if (!refusal.allowable) throw refusal.error
    if (this.#context.allowDowntime) return true
    const { message, answered } = refusal.error
    if (!(await this.#context.ask.confirm(`${message} (${answered})`, '--allow-downtime'))) throw refusal.error
    this.#context.allowDowntime = true
    this.#markStale()
    await this.#refresh()
    return false
  }

  async #apply(wave: Wave<S>): Promise<void> {
    this.#waves++
    this.#markStale()
    const { readings, failures } = await apply(
      { ...this.#context, emit: this.#noticing(wave), looks: this.#looks },
      wave,
      this.#waves,
    )
    for (const [host, reading] of readings) {
      this.#readings.set(host, reading)
      this.#stale.delete(host)
    }
    for (const change of wave) {
      if (change.takesDown !== undefined) this.#context.restarted.add(change.takesDown)
    }
    if (failures.length > 0) throw together(failures, `${failures.length} hosts failed`)
  }

  /** A change that was begun may have been made, also where the run breaks off in it. */
  #noticing(wave: Wave<S>): Emit {
    const { emit, changed } = this.#context
    const waits = new Set(wave.filter(({ waits: only }) => only === true).map(({ host, what }) => `${host}: ${what}`))
    return (event) => {
      if (event.type === 'change-begin' && !waits.has(`${event.host}: ${event.what}`)) changed.add(event.host)
      emit(event)
    }
  }

  async #prepare(stage?: Stage<W, S, T>): Promise<W> {
    const target = stage?.target
    const want = await this.#subject.prepare(this.#seen(), {
      purpose: 'apply',
      ...(target === undefined ? {} : { target }),
    })
    if (want === undefined) throw new Error('nothing was prepared')
    refuse(this.#context, this.#subject.checkWanted(want, this.#seen()))
    return want
  }

  async #refresh(): Promise<void> {
    if (this.#stale.size === 0) return
    const readings = await observe({ ...this.#context, looks: this.#looks }, [...this.#stale])
    for (const [host, reading] of readings) this.#readings.set(host, reading)
    this.#stale.clear()
  }

  #looks = (host: string): Look[] => this.#subject.looks(host, 'amid changes')

  #markStale(which: (reading: HostReading | undefined) => boolean = () => true): void {
    for (const host of this.#context.connections.keys()) if (which(this.#readings.get(host))) this.#stale.add(host)
  }

  #seen(): S {
    const inOrder = [...this.#context.connections.keys()].flatMap((host) => {
      const reading = this.#readings.get(host)
      return reading === undefined ? [] : [[host, reading] as const]
    })
    return this.#subject.see(new Map(inOrder))
  }

  /** `--continue` passes the pause at which the operation stands, and only one that people were told of. */
  #passes(stage: Stage<W, S, T>, first: boolean): boolean {
    const { pauses, intent } = this.#context
    if (pauses === 'all') return true
    return pauses === 'next' && first && intent?.operation.told.includes(stage.name) === true
  }

  async #pausedAt(stage: Stage<W, S, T>): Promise<Outcome<S>> {
    const { intent, emit } = this.#context
    const message = stage.pause ?? ''
    if (intent !== undefined && !intent.operation.told.includes(stage.name)) {
      const operation = { ...intent.operation, told: [...intent.operation.told, stage.name] }
      await writeIntent({ ...intent, operation }, this.#context)
    }
    emit({ type: 'pause', stage: stage.name, message })
    return { seen: this.#seen(), pausedAt: message }
  }
}

/** How old a reading may be on which the guard decides: downloads and questions take longer. */
const guardedReadingMs = 2000

function latestMs(reading: HostReading | undefined): number {
  return reading?.kind === 'read' ? reading.endedAtMs : 0
}
