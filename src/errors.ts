/** How the process ends; scripts and CI branch on it. */
export const exitCode = { done: 0, failed: 1, usage: 2, refused: 3, differs: 4, interrupted: 130 } as const
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export interface ErrorFacts {
  /** One line: what went wrong. */
  message: string
  /** The node or host it happened on. */
  host?: string
  /** What was tried. */
  tried?: string
  /** What came back: stderr, the last journal lines. */
  answered?: string
  /** What the reader can do about it, one line each. */
  next?: string | string[]
  exitCode?: ExitCode
  cause?: unknown
}

/** A failure the product foresees: facts as fields, so that nobody matches text and one file words them. */
export class DeployError extends Error {
  readonly host: string | undefined
  readonly tried: string | undefined
  readonly answered: string | undefined
  readonly next: string[]
  readonly exitCode: ExitCode

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'DeployError'
    this.host = facts.host
    this.tried = facts.tried
    this.answered = facts.answered
    this.next = facts.next === undefined ? [] : [facts.next].flat()
    this.exitCode = facts.exitCode ?? exitCode.failed
  }
}

/** Several problems found in one go (preflight, inventory): reported together. The gravest exit code wins. */
export class DeployErrors extends Error {
  readonly problems: DeployError[]
  readonly exitCode: ExitCode

  constructor(message: string, problems: DeployError[]) {
    super(message)
    this.name = 'DeployErrors'
    this.problems = problems
    const codes = problems.map((problem) => problem.exitCode)
    this.exitCode = codes.includes(exitCode.refused) ? exitCode.refused : (codes[0] ?? exitCode.failed)
  }
}

/** The one there is, or all of them together. */
export function together(errors: readonly DeployError[], message: string): DeployError | DeployErrors {
  const [first] = errors
  return errors.length === 1 && first !== undefined ? first : new DeployErrors(message, [...errors])
}
