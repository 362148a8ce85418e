import type { Problem } from '../engine/playbook.ts'
import { warned } from './problem.ts'
import { reachedHosts, type Seen } from './seen.ts'

/** Clocks of two hosts differ for certain by the distance of the intervals in which each was read. */
export function clockProblems(seen: Seen): Problem[] {
  const offsets = reachedHosts(seen)
    .filter(([, on]) => Number.isFinite(on.clock.hostMs))
    .map(([name, { clock }]) => ({ name, least: clock.hostMs - clock.latestMs, most: clock.hostMs - clock.earliestMs }))
  const behind = offsets.toSorted((a, b) => a.most - b.most)[0]
  const ahead = offsets.toSorted((a, b) => b.least - a.least)[0]
  if (behind === undefined || ahead === undefined || ahead.least - behind.most <= 1000) return []
  const seconds = ((ahead.least - behind.most) / 1000).toFixed(1)
  return [
    warned(behind.name, {
      message: `its clock is at least ${seconds} s behind that of ${ahead.name}`,
      tried: 'compare the clocks',
      next: 'synchronise the clocks (chrony, systemd-timesyncd); certificates and leases depend on them',
    }),
  ]
}

/** The earliest moment on any host: certificates are back-dated to it, so that nobody meets one from the future. */
export function slowestClockMs(seen: Seen, controllerMs: number): number {
  const hostOffsets = reachedHosts(seen).map(([, { clock }]) => clock.hostMs - clock.latestMs)
  return controllerMs + Math.min(0, ...hostOffsets.filter((offset) => Number.isFinite(offset)))
}
