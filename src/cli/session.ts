import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

import type { ExitCode } from '../errors.ts'
import type { Emit, RunEvent } from '../engine/events.ts'
import type { Connection, Fence } from '../host/host.ts'
import type { Cluster, NodeName, RevealSecret, SshTarget } from '../inventory/model.ts'
import { layoutOf } from '../etcd/layout.ts'
import type { AskPerson } from '../ui/ask.ts'
import { connectToAll } from './connect-to-all.ts'
import { onInterrupt } from './interruption.ts'
import { silentUntilChange } from './silence.ts'
import { givenFlags, type ChangeOptions } from './options.ts'
import { summaryOf } from './summary-of.ts'
import { answerFailure, wordFailure } from './tell-failure.ts'
import { nodeNamed } from './node-named.ts'

/** One command at work: its inventory, its connections, how it tells and asks. */
export interface Session {
  cluster: Cluster
  connections: ReadonlyMap<string, Connection>
  emit: Emit
  ask: AskPerson
  signal: AbortSignal
  fence: Fence
  on: ReadonlySet<string> | undefined
  reveal: RevealSecret
  /** What was asked for goes to stdout, below all that was told on the way. */
  answer(text: string): void
  /** What the summary tells. */
  changed: Set<string>
  restarted: Set<string>
}

/** What is not the same for all commands. */
export interface SessionOptions {
  /**
   * `events` (default): with --json stdout gets what goes on; `answer`: it gets one object, the command's own or an error, and what goes
   * on is told to people on stderr.
   */
  stdout?: 'events' | 'answer'
  /** A run that ends well without changing anything tells nothing: for a cron job. */
  silentUnlessChanging?: boolean
  /**
   * For nodes that may be found elsewhere than the inventory says: all places of such a node, the preferred first. Also for one that
   * the inventory does not have any more.
   */
  reachAlso?: (cluster: Cluster) => Promise<ReadonlyMap<NodeName, readonly SshTarget[]>>
}

/** Loads the inventory, connects, works, tells how it ended. Answers the exit code; never throws. */
export async function inSession(
  command: string,
  options: ChangeOptions,
  work: (session: Session) => Promise<ExitCode>,
  { stdout = 'events', silentUnlessChanging = false, reachAlso }: SessionOptions = {},
): Promise<ExitCode> {
  const [{ chooseRenderer, openRenderer }, { createAsk }, { openRunLog }] = await Promise.all([
    import('../ui/renderer.ts'),
    import('../ui/ask.ts'),
    import('../ui/run-log.ts'),
  ])
  const begun = performance.now()
  const interruption = new AbortController()
  const stopListening = onInterrupt(interruption)
  const verbose = options.verbose === true
  const renderer = await openRenderer(
    chooseRenderer({
      json: options.json === true && stdout === 'events',
      isTTY: process.stderr.isTTY,
      env: process.env,
      verbose,
    }),
    { env: process.env, verbose },
  )
  const warned = new Set<string>()
  const events: Emit[] = [silentUnlessChanging ? silentUntilChange(renderer.emit) : renderer.emit]
  const emit = (event: RunEvent): void => {
    if (event.type === 'warning' && warned.size === warned.add(`${event.host}: ${event.message}`).size) return
    for (const listener of events) listener(event)
  }
  const answers: string[] = []
  const answer = (text: string): void => {
    // Events and answer share stdout then: each line as it comes.
    if (options.json === true && stdout === 'events') process.stdout.write(text)
    else answers.push(text)
  }
  const ask = createAsk({ given: givenFlags(options), signal: interruption.signal, aside: renderer.aside })
  const state = { changed: new Set<string>(), restarted: new Set<string>() }
  let connections: ReadonlyMap<string, Connection> = new Map()
  let closeLog = (): void => {}
  let logProblem = (): string | undefined => undefined
  let code: ExitCode
  let failure: { error: unknown } | undefined
  try {
    const { loadInventory } = await import('../inventory/load.ts')
    const cluster = await loadInventory(options.inventory)
    const on = narrowed(cluster, options.on)
    const log = openRunLog({ command, cluster: cluster.name, env: process.env })
    events.push(log.emit)
    closeLog = log.close
    logProblem = log.problem
    emit({
      type: 'run-begin',
      command,
      cluster: cluster.name,
      version: cluster.version,
      nodes: cluster.nodes.map(({ name }) => name),
    })
    for (const message of cluster.warnings) emit({ type: 'warning', message })
    const { secretReader } = await import('./secrets.ts')
    const reveal = secretReader(ask)
    connections = await connectToAll(cluster, await reachAlso?.(cluster), {
      command,
      options,
      emit,
      ask,
      reveal,
      signal: interruption.signal,
    })
    const fence = {
      dir: layoutOf(cluster).lockDir,
      token: randomBytes(16).toString('hex'),
      holder: holderText(command),
    }
    code = await work({
      cluster,
      connections,
      emit,
      ask,
      reveal,
      signal: interruption.signal,
      fence,
      on,
      answer,
      ...state,
    })
  } catch (error) {
    const { exitCodeOf, errorJson } = await import('../ui/errors.ts')
    failure = { error: interruption.signal.aborted ? interruption.signal.reason : error }
    code = exitCodeOf(failure.error)
    emit({ type: 'error', error: errorJson(failure.error) })
  }
  if (failure === undefined && logProblem() !== undefined)
    emit({ type: 'warning', message: `this run has no log: ${logProblem()}` })
  emit({ type: 'run-end', exitCode: code, summary: summaryOf(begun, connections, state) })
  await renderer.close()
  if (failure === undefined) for (const text of answers) process.stdout.write(text)
  else if (options.json !== true) await wordFailure(failure.error)
  else if (stdout === 'answer') await answerFailure(failure.error)
  closeAll(connections)
  closeLog()
  stopListening()
  return code
}

/** `--on node1,node2`: names of the inventory. */
export function narrowed(cluster: Cluster, on: string | undefined): ReadonlySet<string> | undefined {
  if (on === undefined) return undefined
  return new Set(on.split(',').map((name) => nodeNamed(cluster, name.trim(), '--on').name))
}

function holderText(command: string): string {
  return `${userInfo().username}@${hostname()}, etcd-deploy ${command}, since ${new Date().toISOString()}`
}

function closeAll(connections: ReadonlyMap<string, Connection>): void {
  for (const connection of connections.values()) if (connection.kind === 'connected') connection.host.close()
}
