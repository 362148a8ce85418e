import { canonicalSerial } from './certificate.ts'
import type { Revocation, State } from './state.ts'

/** Undefined: all of them were revoked before; then the first date stays. */
export function withRevoked(state: State, revocations: readonly Revocation[]): State | undefined {
  const known = new Map(state.revoked.map((each) => [each.serial, each]))
  for (const each of revocations) {
    const serial = canonicalSerial(each.serial)
    if (!known.has(serial)) known.set(serial, { ...each, serial })
  }
  return known.size === state.revoked.length ? undefined : { ...state, revoked: [...known.values()] }
}
