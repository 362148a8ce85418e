import type { DeployError, ErrorFacts } from '../errors.ts'
import type { Script } from '../host/host.ts'

/** What an observation asks of one host: a block of shell that changes nothing. */
export interface Look {
  /** Under which its output is found. */
  name: string
  /** Its exit status is part of the answer: a failure is something seen. */
  script: Script
}

/** What came back from one host. An unreachable host is something seen, not an exception. */
export type HostReading =
  | { kind: 'read'; outputs: Readonly<Record<string, LookOutput>>; startedAtMs: number; endedAtMs: number }
  | { kind: 'unreachable'; error: Error }

export interface LookOutput {
  code: number
  stdout: string
  /** When its first line arrived here, by the controller's clock: hosts' clocks are compared by it. */
  firstLineAtMs: number
}

/** One change of one host: a value. Only the engine hands its script to the host. */
export interface Change<S> {
  /** The node's name. */
  host: string
  /** What is done, as people read it: `write /etc/chrony.conf`. A change that is wanted a third time ends the run: it does not do what it should. */
  what: string
  /** The difference that was seen: `missing`. */
  why: string
  /** Unified diffs, secrets redacted. */
  diff?: string
  /** The member that cannot serve while this is made; the guard decides on a fresh reading. */
  takesDown?: string
  /** Not a change but a deadline for one: shown, never counted as changed. */
  waits?: true
  /** Runs on the host as root. Other than 0 as its exit status is a failure: this host's changes end there, the other hosts' go on. */
  script: Script
  /** Deadline of the script in milliseconds, uploads aside. */
  timeoutMs: number
  /** Pure: what will be seen afterwards; `plan` and the property tests walk on it. */
  predict(seen: S): S
  /** Turns a line of the script's output into the state that a person reads ("waiting for peers"). */
  stateOf?(line: string): string | undefined
  /** Words a failure of the script. */
  explain?(failure: { code: number; stdout: string; stderr: string }): ErrorFacts
}

/** One thing to be right on the hosts; `next` answers what differs, and nothing once it is right. */
export interface Step<W, S> {
  name: string
  /** What it has to see of each host beside what is seen anyway. */
  look?: Look
  /** A barrier: its changes start only once all earlier ones ended well on all hosts. */
  alone?: true
  /**
   * The command of etcd-deploy's that alone may take it: that one asks before, as this stops members on purpose or removes what is theirs.
   */
  onlyIn?: string
  /** Pure: asked again after each wave. At most one change that takes a member down is made at a time, whatever it answers. */
  next(want: W, seen: S): Change<S>[]
}

/** An intermediate target, recognised by what is seen. */
export interface Stage<W, S, T = unknown> {
  /** What is so once it is reached. */
  name: string
  /** In the order in which their changes are made. */
  steps: readonly Step<W, S>[]
  /** What the controller's side is brought to before this stage's first change (which CA issues); the subject knows what it means. */
  target?: T
  /** What is wanted while this stage lasts, where it differs from the end. */
  want?(want: W, seen: S): W
  /** The latest reached stage wins, so that a finished operation does not start over. */
  reached(want: W, seen: S): boolean
  /** It was begun, so that the pause before it has been passed. */
  begun?(want: W, seen: S): boolean
  /** What people must do before the next stage; a run ends here, `--continue` passes. */
  pause?: string
}

/** What keeps a run from changing anything, or what people shall know beforehand. */
export interface Problem {
  error: DeployError
  /** Only told: nothing is refused. */
  warning?: true
}

/** What a run is about, given to the engine by the layer that knows etcd. */
export interface Subject<W, S, T = unknown> {
  /** It is known before a host is asked that there is something to do: the first reading may be the one under the lock. */
  readonly changesForSure?: boolean
  /** What to ask of a host. Once changes are made, what only tells whether they may begin need not be asked again. */
  looks(host: string, when?: 'before changes' | 'amid changes'): Look[]
  see(readings: ReadonlyMap<string, HostReading>): S
  /**
   * The controller's side: certificates, binaries. Only `apply` writes or downloads. `glance` answers undefined where something is
   * certain to change (no certificates yet), so that nothing is made twice.
   */
  prepare(seen: S, options: Preparation<T>): Promise<W | undefined>
  /** All problems of the hosts at once, before anything is changed. */
  check(seen: S): Problem[]
  /** Problems that show only with what is wanted. */
  checkWanted(want: W, seen: S): Problem[]
  /** Undefined: may be taken down. */
  guard(change: Change<S>, want: W, seen: S): Refusal | undefined
}

export interface Preparation<T = unknown> {
  purpose: 'glance' | 'plan' | 'apply'
  /** Of the stage at hand; absent: as it stands. */
  target?: T
}

export interface Refusal {
  error: DeployError
  /** A person may allow it: `--allow-downtime`. */
  allowable: boolean
}
