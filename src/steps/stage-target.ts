import type { CaTarget } from './ca-rotation.ts'
import type { TlsTarget } from './tls-opening.ts'

/** What a stage brings the controller's side to. */
export type StageTarget = CaTarget | TlsTarget
