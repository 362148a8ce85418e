import type { Problem } from '../engine/playbook.ts'
import { warned } from './problem.ts'
import { reachedHosts, type Seen } from './seen.ts'

/** Clocks of two hosts differ for certain by the distance of the intervals in which each was read; told of is the one that differs from most. */
export function clockProblems(seen: Seen): Problem[] {
  const clocks = reachedHosts(seen)
    .filter(([, on]) => Number.isFinite(on.clock.hostMs))
    .map(([name, { clock }]) => ({ name, least: clock.hostMs - clock.latestMs, most: clock.hostMs - clock.earliestMs }))
  const [wrong] = clocks
    .map((one) => ({ one, others: clocks.filter((other) => distanceMs(one, other) > toleratedMs) }))
    .filter(({ others }) => others.length > 0)
    .toSorted((a, b) => b.others.length - a.others.length || a.one.most - b.one.most)
  if (wrong === undefined) return []
  const { one, others } = wrong
  const least = Math.min(...others.map((other) => distanceMs(one, other)))
  const isBehind = others.every((other) => other.least > one.most)
  const isAhead = others.every((other) => one.least > other.most)
  const way = isBehind ? 'behind' : isAhead ? 'ahead of' : 'away from'
  return [
    warned(one.name, {
      message: `its clock is at least ${durationText(least)} ${way} that of ${others.map(({ name }) => name).join(', ')}`,
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

const toleratedMs = 1000

interface Offset {
  least: number
  most: number
}

/** Negative where they may be alike. */
function distanceMs(one: Offset, other: Offset): number {
  return Math.max(one.least - other.most, other.least - one.most)
}

/** So rough that a second reading tells the same. */
function durationText(durationMs: number): string {
  const seconds = durationMs / 1000
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
