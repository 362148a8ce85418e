import { DeployError, exitCode } from '../errors.ts'
import type { RunEvent } from '../engine/events.ts'
import { attempts } from '../host/attempts.ts'
import type { Connection } from '../host/host.ts'
import type { Cluster, NodeName } from '../inventory/model.ts'
import type { AskPerson } from '../ui/ask.ts'
import { connectToAll } from './connect-to-all.ts'
import { onInterrupt } from './interruption.ts'
import { givenFlags, type CommonOptions } from './options.ts'
import { secretReader } from './secrets.ts'
import { narrowed } from './session.ts'
import { answerFailure, wordFailure } from './tell-failure.ts'

/** Hosts to which a command speaks whose output is the hosts' own: nothing else is told but what went wrong. */
export interface OnHosts {
  cluster: Cluster
  connections: Map<string, Connection>
  signal: AbortSignal
  /** Once more, with what a login needs no person for and no host has refused before; nobody is asked anything. */
  reconnect(name: NodeName): Promise<Connection>
  write(stream: 'stdout' | 'stderr', text: string): Promise<void> | undefined
}

export interface OnHostsOptions extends CommonOptions {
  on?: string
}

/** As a shell tells it of a program that wrote where nobody reads any more: 128 and SIGPIPE. */
const nobodyReads = 141

/** Answers the exit code; never throws. `adapt`: the inventory as this command needs it. */
export async function onHosts(
  command: string,
  options: OnHostsOptions,
  work: (hosts: OnHosts) => Promise<number>,
  adapt: (cluster: Cluster) => Cluster = (cluster) => cluster,
): Promise<number> {
  const interruption = new AbortController()
  const stopListening = onInterrupt(interruption)
  let isRead = true
  const onError = (): void => {
    isRead = false
    interruption.abort(new DeployError({ message: 'nobody reads what is told', exitCode: exitCode.interrupted }))
  }
  process.stdout.on('error', onError)
  const connections = new Map<string, Connection>()
  try {
    const { createAsk } = await import('../ui/ask.ts')
    const { loadInventory } = await import('../inventory/load.ts')
    const { signal } = interruption
    const cluster = adapt(await loadInventory(options.inventory))
    const on = narrowed(cluster, options.on)
    const ask = unlessQuiet(createAsk({ given: givenFlags(options), signal, aside: (question) => question() }))
    const emit = await teller(options)
    for (const message of cluster.warnings) emit({ type: 'warning', message })
    const context = { command, options, emit, ask, reveal: secretReader(ask) }
    const known = attempts()
    const connect = (to: Cluster, more: { isAttended?: false } = {}): Promise<ReadonlyMap<NodeName, Connection>> =>
      whileConnecting(signal, (attempt) =>
        connectToAll(to, undefined, { ...context, ...more, attempts: known, signal: attempt }),
      )
    const among = { ...cluster, nodes: cluster.nodes.filter(({ name }) => on?.has(name) ?? true) }
    for (const [name, connection] of await connect(among)) connections.set(name, connection)
    const code = await work({
      cluster: among,
      connections,
      signal,
      write: writer(),
      async reconnect(name) {
        const alone = { ...cluster, nodes: cluster.nodes.filter((node) => node.name === name) }
        ask.isQuiet = true
        const found = await connect(alone, { isAttended: false })
        return found.get(name) ?? { kind: 'unreachable', error: new Error(`there is no ${name}`) }
      },
    })
    if (signal.aborted) return isRead ? exitCode.interrupted : nobodyReads
    return code
  } catch (error) {
    if (!isRead) return nobodyReads
    const failure: unknown = interruption.signal.aborted ? interruption.signal.reason : error
    await (options.json === true ? answerFailure(failure) : wordFailure(failure))
    return (await import('../ui/errors.ts')).exitCodeOf(failure)
  } finally {
    for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
    process.stdout.off('error', onError)
    stopListening()
  }
}

/** An abort breaks the attempt off; connections that are made have to last longer, to end on the hosts what runs there. */
async function whileConnecting<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const attempt = new AbortController()
  const abort = (): void => attempt.abort(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    return await work(attempt.signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Warnings, and for people with `--verbose` every command: to programs it would be told among what they asked for. */
async function teller({ json, verbose }: CommonOptions): Promise<(event: RunEvent) => void> {
  if (json === true) {
    const { jsonLine } = await import('../ui/json.ts')
    return (event) => {
      if (event.type !== 'command') process.stdout.write(jsonLine(event, new Date()))
    }
  }
  const [{ plainRenderer }, { loadColors, wantsColors }] = await Promise.all([
    import('../ui/plain.ts'),
    import('../ui/colors.ts'),
  ])
  const colors = await loadColors(wantsColors(process.stderr.isTTY, process.env))
  return plainRenderer((text) => process.stderr.write(text), { colors, verbose: verbose === true }).emit
}

function writer(): OnHosts['write'] {
  const full = new Map<string, Promise<void>>()
  return (name, text) => {
    const stream = process[name]
    if (stream.write(text)) return undefined
    const drained =
      full.get(name) ??
      new Promise<void>((resolve) => {
        stream.once('drain', () => {
          full.delete(name)
          resolve()
        })
      })
    full.set(name, drained)
    return drained
  }
}

/** Once `isQuiet`, a question would stand in the middle of what is shown. */
function unlessQuiet(ask: AskPerson): AskPerson & { isQuiet: boolean } {
  const refused = (question: string): Promise<never> =>
    Promise.reject(
      new DeployError({
        message: 'there is a question, and nobody is asked in the middle of this',
        tried: `ask: ${question}`,
        next: 'answer it once: etcd-deploy status',
        exitCode: exitCode.refused,
      }),
    )
  const asking: AskPerson & { isQuiet: boolean } = {
    isQuiet: false,
    confirm: (question, flag) => (asking.isQuiet ? refused(question) : ask.confirm(question, flag)),
    text: (question, flag) => (asking.isQuiet ? refused(question) : ask.text(question, flag)),
    typed: (question, expected, flag) => (asking.isQuiet ? refused(question) : ask.typed(question, expected, flag)),
    secret: (label, instead) => (asking.isQuiet ? refused(label) : ask.secret(label, instead)),
  }
  return asking
}
