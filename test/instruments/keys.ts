const chainsPerWriter = 3

/** Keys that one writer writes again and again. */
export function chainKeys(prefix: string, writer: number): string[] {
  return Array.from({ length: chainsPerWriter }, (_, chain) => `${prefix}chain/${writer}-${chain}`)
}

/** A key that is written once, so that this very write can be looked up at the end. */
export function onceKey(prefix: string, writer: number, count: number): string {
  return `${prefix}once/${writer}-${count}`
}

export function oneOf<T>(values: T[], random: () => number): T | undefined {
  return values[Math.floor(random() * values.length)]
}
