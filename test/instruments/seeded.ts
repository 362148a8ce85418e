/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A new one for every run; SEED repeats a run. */
export function testSeed(): number {
  return Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32))
}

/** `count` of the numbers 1 to `n`, sorted, always the first and the last; says which, and the seed that repeats them. */
export function seededSample(
  n: number,
  count: number,
  seed: number,
  say: (line: string) => void = console.log,
): number[] {
  const random = seededRandom(seed)
  const between = Array.from({ length: Math.max(0, n - 2) }, (_, index) => index + 2)
  const chosen = new Set(n > 0 ? [1, n] : [])
  while (chosen.size < Math.min(count, n)) {
    const [next] = between.splice(Math.floor(random() * between.length), 1)
    if (next !== undefined) chosen.add(next)
  }
  const sample = [...chosen].toSorted((a, b) => a - b)
  say(`${sample.join(', ')} of ${n}; again with SEED=${seed}`)
  return sample
}
