/** Counts keys that are there at the end of all revisions. */
export interface LiveKeys {
  put(key: Buffer): void
  remove(key: Buffer): void
  /** Undefined: they were too many to be kept in mind. */
  count(): number | undefined
}

/** Far above what etcd is made for; some 300 MB of memory. */
const mostKeys = 3_000_000
const mostBytes = 256 * 1024 * 1024

export function liveKeys(limits: { keys: number; bytes: number } = { keys: mostKeys, bytes: mostBytes }): LiveKeys {
  let keys: Set<string> | undefined = new Set()
  let bytes = 0
  return {
    put(key) {
      if (keys === undefined) return
      const name = key.toString('latin1')
      if (keys.has(name)) return
      keys.add(name)
      bytes += key.length
      if (keys.size > limits.keys || bytes > limits.bytes) keys = undefined
    },
    remove(key) {
      if (keys?.delete(key.toString('latin1')) === true) bytes -= key.length
    },
    count: () => keys?.size,
  }
}
