const chainsPerWriter = 3
const registers = 'register/'

/** Keys that one writer writes again and again. */
export function chainKeys(prefix: string, writer: number): string[] {
  return Array.from({ length: chainsPerWriter }, (_, chain) => `${prefix}chain/${writer}-${chain}`)
}

/** A key that is written once, so that this very write can be looked up at the end. */
export function onceKey(prefix: string, writer: number, count: number): string {
  return `${prefix}once/${writer}-${count}`
}

/** Keys that clients of all endpoints write at the same time: few, so that they meet. */
export function registerKeys(prefix: string): string[] {
  return [0, 1].map((register) => `${prefix}${registers}${register}`)
}

export function isRegister(key: string): boolean {
  return key.includes(`/${registers}`)
}

export function oneOf<T>(values: T[], random: () => number): T | undefined {
  return values[Math.floor(random() * values.length)]
}
