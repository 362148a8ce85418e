/** From when a certificate made at that moment is valid, so that nobody whose clock is a little behind meets one from the future. */
export function backdated(nowMs: number): Date {
  return new Date(nowMs - 5 * 60_000)
}
