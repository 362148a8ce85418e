/** What may vary and the values it takes. */
export type Factors = Readonly<Record<string, readonly string[]>>
/** One value of each factor. */
export type Row<F extends Factors> = { readonly [Name in keyof F]: F[Name][number] }
/** Asked of whole rows and of parts of one: two values that exclude each other must be refused already alone. */
export type Allowed<F extends Factors> = (part: Partial<Row<F>>) => boolean

/** Rows in which every pair of values of any two factors occurs that may occur: greedy, so few rows, not the fewest. */
export function coveringRows<F extends Factors>(factors: F, allowed: Allowed<F>, random: () => number): Row<F>[] {
  const open = allPairs(factors, allowed)
  const rows: Row<F>[] = []
  while (open.size > 0) {
    const [pair] = open.values()
    const tries = Array.from({ length: triesPerRow }, () => grow(factors, allowed, open, pair as Part, random))
    const best = most(tries.filter(isRow), (row) => newPairs(row, open).length)
    if (best === undefined) throw new Error(`no allowed row has ${JSON.stringify(pair)}`)
    for (const key of newPairs(best, open)) open.delete(key)
    rows.push(best as Row<F>)
  }
  return rows
}

/** A few of the rows in which every value occurs that occurs at all. */
export function sampleOfValues<R extends object>(rows: readonly R[], random: () => number): R[] {
  const open = new Set(rows.flatMap(valuesOf))
  const left = shuffled(rows, random)
  const sample: R[] = []
  while (open.size > 0) {
    const best = most(left, (row) => valuesOf(row).filter((value) => open.has(value)).length) as R
    for (const value of valuesOf(best)) open.delete(value)
    sample.push(best)
  }
  return rows.filter((row) => sample.includes(row))
}

const triesPerRow = 30

type Part = Record<string, string>

/** Adds the other factors in any order, each with the value that brings the most pairs that no row has yet. */
function grow<F extends Factors>(
  factors: F,
  allowed: Allowed<F>,
  open: ReadonlyMap<string, Part>,
  pair: Part,
  random: () => number,
): Part | undefined {
  let part = pair
  for (const name of shuffled(Object.keys(factors), random)) {
    if (name in part) continue
    const longer = (factors[name] ?? [])
      .map((value): Part => ({ ...part, [name]: value }))
      .filter((each) => allowed(each as Partial<Row<F>>))
    const best = most(shuffled(longer, random), (each) => newPairs(each, open).length)
    if (best === undefined) return undefined
    part = best
  }
  return part
}

function allPairs<F extends Factors>(factors: F, allowed: Allowed<F>): Map<string, Part> {
  const names = Object.keys(factors)
  const pairs = names.flatMap((a, index) =>
    names.slice(index + 1).flatMap((b) => {
      return (factors[a] ?? []).flatMap((left) => (factors[b] ?? []).map((right): Part => ({ [a]: left, [b]: right })))
    }),
  )
  return new Map(
    pairs
      .filter((pair) => allowed(pair as Partial<Row<F>>))
      .flatMap((pair) => pairKeys(pair).map((key) => [key, pair])),
  )
}

function newPairs(part: Part, open: ReadonlyMap<string, Part>): string[] {
  return pairKeys(part).filter((key) => open.has(key))
}

/** Every pair of values in it, in one spelling. */
export function pairKeys(part: object): string[] {
  const values = valuesOf(part).toSorted()
  return values.flatMap((left, index) => values.slice(index + 1).map((right) => `${left} ${right}`))
}

function valuesOf(part: object): string[] {
  return Object.entries(part).map(([name, value]) => `${name}=${value}`)
}

function isRow(part: Part | undefined): part is Part {
  return part !== undefined
}

/** The first of those with the highest count. */
function most<T>(all: readonly T[], count: (one: T) => number): T | undefined {
  const counts = all.map(count)
  return all[counts.indexOf(Math.max(...counts))]
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
