import type { Access } from '../../instruments/linearizable.ts'

/**
 * The same question as the checker's, answered by trying every order (Wing and Gong, "Testing and Verifying Concurrent
 * Objects", 1993): too slow for more than a few accesses, and too simple to be wrong.
 */
export function hasOrder(left: Access[], held = 0): boolean {
  if (left.every(({ type, endMs }) => type === 'write' && endMs === Infinity)) return true
  return left.some((next) => {
    const others = left.filter((other) => other !== next)
    if (others.some(({ endMs }) => endMs < next.beginMs)) return false
    return next.type === 'write' ? hasOrder(others, next.seq) : next.seq === held && hasOrder(others, held)
  })
}
