import { DeployError } from '../errors.ts'
import type { SshTarget } from '../inventory/model.ts'
import { bestOf } from './best-of.ts'
import type { Attempting, LoginOptions } from './client.ts'
import { confirmOnce } from './confirm-once.ts'
import type { Connected } from './connected.ts'
import type { FindRoute } from './jump.ts'
import type { Failure } from './none-answered.ts'
import { noneAnswered } from './none-answered.ts'
import type { Transport } from './transport.ts'

/**
 * Logs in to one host that is at one of several places, the first preferred. All are tried at once, as a dead address may answer nothing
 * at all until the time is up.
 */
export async function logInAtAny<C extends Connected, Way>(
  transport: Transport<C, Way>,
  routes: FindRoute<Way>,
  targets: readonly SshTarget[],
  name: string,
  options: Attempting,
): Promise<C> {
  const places = distinct(await Promise.all(targets.map((target) => transport.resolve(target))))
  const confirm = options.confirmHostKey && confirmOnce(name, options.confirmHostKey, places.length, graceMs)
  const attempts = places.map((target, index) => {
    const abandon = new AbortController()
    const connection = logIn(transport, routes, target, name, options, {
      abandoned: abandon.signal,
      others: places.filter((place) => place !== target),
      ...(confirm && { confirmHostKey: confirm.at(index) }),
    }).finally(() => confirm?.settled(index))
    return { abandon, connection }
  })
  const best = await bestOf(
    attempts.map(({ connection }) => connection),
    graceMs,
  )
  const found = best === undefined ? undefined : attempts[best]
  if (found === undefined) {
    options.signal.throwIfAborted()
    throw whyNone(name, places, await Promise.allSettled(attempts.map(({ connection }) => connection)))
  }
  for (const loser of attempts.filter((attempt) => attempt !== found)) {
    loser.abandon.abort()
    loser.connection.then(
      (connection) => connection.end(),
      () => {},
    )
  }
  return found.connection
}

/** How long a preferred place may take longer than another. */
const graceMs = 1000

/** OpenSSH's configuration may lead two names to the same place. */
function distinct(targets: readonly SshTarget[]): SshTarget[] {
  return [...new Map(targets.map((target) => [JSON.stringify({ ...target, defaulted: [] }), target])).values()]
}

async function logIn<C extends Connected, Way>(
  transport: Transport<C, Way>,
  routes: FindRoute<Way>,
  target: SshTarget,
  name: string,
  options: Attempting,
  {
    abandoned,
    others,
    ...confirm
  }: Pick<LoginOptions, 'confirmHostKey'> & { abandoned: AbortSignal; others: readonly SshTarget[] },
): Promise<C> {
  options.past.of(name, target).mayBegin(options.askPerson !== undefined)
  // Jump hosts are other hosts: what they ask has nothing to do with this one's places
  const route = await routes(name, target, options, abandoned)
  const signal = AbortSignal.any([options.signal, abandoned])
  try {
    const connection = await transport.logIn(name, target, route.way, { ...options, ...confirm, signal }, others)
    void connection.ended.then(route.leave)
    return connection
  } catch (error) {
    route.leave()
    throw error
  }
}

function whyNone(
  name: string,
  places: readonly SshTarget[],
  outcomes: readonly PromiseSettledResult<unknown>[],
): unknown {
  const failures: Failure[] = []
  for (const [index, target] of places.entries()) {
    const outcome = outcomes[index]
    const error: unknown = outcome?.status === 'rejected' ? outcome.reason : undefined
    if (!(error instanceof DeployError)) return error
    failures.push({ target, error })
  }
  return failures.length === 1 ? failures[0]?.error : noneAnswered(name, failures)
}
