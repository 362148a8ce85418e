import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { frameParser } from './frames.ts'
import { tail } from './tail.ts'

/** One of a command's two streams: what lies between its marks, taken from the host no faster than it is handed on. */
export interface CommandOutput {
  begun: Promise<void>
  hasBegun(): boolean
  /** What its last mark says: on stdout the exit code. */
  done: Promise<string>
  /** The same at this moment, also where what came before it is not handed on yet. */
  said(): string | undefined
  /** Nothing more can come. */
  ended: Promise<unknown>
  /** Whether something came, or waits to be handed on, since this was last asked. */
  busy(): boolean
  /** From now on nothing is handed on. */
  discard(): void
  /** What came before the command, which a login may print. */
  before(): string
}

const beforeLimitBytes = 4 * 1024

export function commandOutput(
  readable: Readable,
  nonce: string,
  handOn: (bytes: Uint8Array) => Promise<void> | undefined,
  received: (bytes: number) => void,
): CommandOutput {
  const before = tail(beforeLimitBytes)
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: done, resolve: finish } = Promise.withResolvers<string>()
  let phase: 'before' | 'within' | 'behind' = 'before'
  let said: string | undefined
  let isDiscarded = false
  let isBusy = false
  let waiting: Promise<void>[] = []

  const parse = frameParser(nonce, {
    data(bytes) {
      if (phase === 'before') return before.add(bytes)
      // Behind it, only what the command has left in the background can print
      if (phase === 'behind' || isDiscarded) return
      const taken = handOn(bytes)
      if (taken !== undefined) waiting.push(taken)
    },
    mark([word, code = '']) {
      if (word === 'begin') {
        phase = 'within'
        begin()
      } else if (word === 'done') {
        phase = 'behind'
        said = code
        const all = waiting
        void Promise.all(all).then(() => finish(code))
      }
    },
  })

  async function untilTaken(): Promise<void> {
    readable.pause()
    while (waiting.length > 0 && !isDiscarded) {
      const all = waiting
      waiting = []
      await Promise.race([Promise.all(all), discarded.promise])
    }
    readable.resume()
  }

  const discarded = Promise.withResolvers<void>()
  readable.on('data', (chunk: Buffer) => {
    isBusy = true
    received(chunk.length)
    parse(chunk)
    if (waiting.length > 0) void untilTaken()
  })
  // Waiting for sudo has paused them
  readable.resume()
  return {
    begun,
    hasBegun: () => phase !== 'before',
    done,
    said: () => said,
    ended: finished(readable, { writable: false }).catch(() => {}),
    busy() {
      const was = isBusy || readable.isPaused()
      isBusy = false
      return was
    },
    discard() {
      isDiscarded = true
      discarded.resolve()
    },
    before: () => before.text(),
  }
}
