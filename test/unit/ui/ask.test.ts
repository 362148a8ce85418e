import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

import { beforeEach, describe, expect, test } from 'vitest'

import type { DeployError } from '../../../src/errors.ts'
import { createAsk } from '../../../src/ui/ask.ts'

let shown = ''
let isRaw = false
let interruptions = 0
beforeEach(() => {
  shown = ''
  isRaw = false
  interruptions = 0
})

function terminal() {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(raw: boolean) {
      isRaw = raw
      return this
    },
  })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  return { input: input as unknown as NodeJS.ReadStream, output: output as unknown as NodeJS.WriteStream }
}

function asking(given: string[] = [], streams = terminal()) {
  const controller = new AbortController()
  const ask = createAsk({
    given: new Set(given),
    signal: controller.signal,
    aside: (work) => work(),
    interrupt: () => (interruptions += 1),
    ...streams,
  })
  const type = (keys: string) => setImmediate(() => (streams.input as unknown as PassThrough).write(keys))
  return { ask, type, controller }
}

async function failure(promise: Promise<unknown>): Promise<DeployError> {
  return promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error as DeployError,
  )
}

describe('on a terminal', () => {
  test('a long question is broken between its words', async () => {
    const { ask, type } = asking()
    type('y\r')
    await ask.confirm(`Take down ${'node1 node2 node3 '.repeat(8)}now?`, '--yes')
    const lines = stripVTControlCharacters(shown).split('\n')
    expect(lines.length).toBeGreaterThan(2)
    expect(lines[0]).toMatch(/ node\d$/)
  })

  test.each([
    ['y\r', true],
    ['YES\r', true],
    ['\r', false],
    ['n\r', false],
    ['yesterday\r', false],
  ])('%j', async (keys, answer) => {
    const { ask, type } = asking()
    type(keys)
    expect(await ask.confirm('Go on?', '--yes')).toBe(answer)
    expect(shown).toContain('Go on? [y/N]')
  })

  test('a name must be typed exactly', async () => {
    const { ask, type } = asking()
    type('prod\r')
    expect(await ask.typed('This stops the cluster.', 'prod', '--yes')).toBe(true)
    type('Prod\r')
    expect(await ask.typed('This stops the cluster.', 'prod', '--yes')).toBe(false)
  })

  test('a secret is not shown, nor printed by accident later', async () => {
    const { ask, type } = asking()
    type('hunter2\r')
    const secret = await ask.secret('sudo password of node1', 'Set sudo.password.')
    expect(secret.reveal()).toBe('hunter2')
    expect(shown).toBe('sudo password of node1: \n')
    expect(String(secret)).toBe('[redacted]')
  })

  test('Ctrl-C ends it and the run with 130 and gives the terminal back', async () => {
    const { ask, type } = asking()
    type('hun\u0003')
    const error = await failure(ask.secret('password', ''))
    expect(error.exitCode).toBe(130)
    expect(interruptions).toBe(1)
    expect(isRaw).toBe(false)
  })

  test('an abort from elsewhere takes the question back', async () => {
    const { ask, controller } = asking()
    const reason = new Error('the run is over')
    setImmediate(() => controller.abort(reason))
    await expect(ask.confirm('Go on?', '--yes')).rejects.toBe(reason)
    expect(isRaw).toBe(false)
  })

  test('questions of several hosts come one after the other', async () => {
    const { ask, type } = asking()
    const both = Promise.all([ask.secret('node1', ''), ask.secret('node2', '')])
    type('one\r')
    setTimeout(() => type('two\r'), 20)
    expect((await both).map((secret) => secret.reveal())).toEqual(['one', 'two'])
    expect(shown).toBe('node1: \nnode2: \n')
  })

  test("a host's text in a question is harmless", async () => {
    const { ask, type } = asking()
    type('n\r')
    await ask.confirm('Trust \u001b]0;gotcha\u0007this?', '--yes')
    expect(shown).not.toContain('\u001b]0')
  })

  test('the flag of a question answers it, another flag does not', async () => {
    const { ask, type } = asking(['--yes'])
    expect(await ask.confirm('Go on?', '--yes')).toBe(true)
    expect(await ask.typed('Stop it?', 'prod', '--yes')).toBe(true)
    expect(shown).toBe('')
    type('n\r')
    expect(await ask.confirm('Take it down?', '--allow-downtime')).toBe(false)
  })
})

describe('without a terminal', () => {
  const pipe = () => ({
    input: new PassThrough() as unknown as NodeJS.ReadStream,
    output: new PassThrough() as unknown as NodeJS.WriteStream,
  })

  test('every question is refused with the flag that answers it', async () => {
    const { ask } = asking([], pipe())
    const error = await failure(ask.confirm('Take it down?', '--allow-downtime'))
    expect(error.exitCode).toBe(3)
    expect(error.tried).toBe('ask: Take it down?')
    expect(error.next).toEqual(['--allow-downtime answers it.'])
    expect((await failure(ask.typed('Stop it?', 'prod', '--yes'))).exitCode).toBe(3)
    expect((await failure(ask.secret('password', 'Set password: { env }.'))).next).toEqual(['Set password: { env }.'])
  })

  test('flags answer', async () => {
    const { ask } = asking(['--yes'], pipe())
    expect(await ask.confirm('Go on?', '--yes')).toBe(true)
  })
})
