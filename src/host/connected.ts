import type { SshTarget } from '../inventory/model.ts'

/** A host that has let us in, whatever speaks SSH with it. */
export interface Connected {
  /** Where it really is, and who is logged in. */
  target: SshTarget
  /** What ended it, once it has. */
  ended: Promise<Error | undefined>
  end(): void
}
