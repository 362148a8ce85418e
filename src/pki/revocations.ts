import { canonicalSerial } from './certificate.ts'
import type { Revocation, State } from './state.ts'

/** RFC 5280's word → its code. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const
export type RevocationReason = keyof typeof revocationReasons

/** Undefined: all of them were revoked before; then the first date stays. */
export function withRevoked(state: State, revocations: readonly Revocation[]): State | undefined {
  const known = new Map(state.revoked.map((each) => [each.serial, each]))
  for (const each of revocations) {
    const serial = canonicalSerial(each.serial)
    if (!known.has(serial)) known.set(serial, { ...each, serial })
  }
  return known.size === state.revoked.length ? undefined : { ...state, revoked: [...known.values()] }
}
