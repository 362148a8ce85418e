import type { AddressTarget } from './address-change.ts'
import type { CaTarget } from './ca-rotation.ts'
import type { TlsTarget } from './tls-opening.ts'

/** What a stage brings the controller's side to. */
export type StageTarget = CaTarget | TlsTarget | AddressTarget
