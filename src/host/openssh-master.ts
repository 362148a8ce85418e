import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SshTarget } from '../inventory/model.ts'
import { dropped, dropsTolerated, silent, type Attempting } from './client.ts'
import type { Connected } from './connected.ts'
import { deadline, type Deadline } from './deadline.ts'
import { askpass } from './openssh-askpass.ts'
import { askOpenSsh, refuseOddNames } from './openssh-facts.ts'
import { loginFailure } from './openssh-failure.ts'
import { masterFolder, type MasterFolder } from './openssh-folder.ts'
import { hold, type Holder, type Last } from './openssh-holder.ts'
import { loginOptions, masterOptions, pathOption } from './openssh-options.ts'
import type { OpenSshWay } from './openssh-proxy.ts'
import { questions } from './openssh-questions.ts'
import { knownElsewhere } from './known-elsewhere.ts'
import type { Sessions } from './sessions.ts'
import { sessions } from './sessions.ts'

/** A connection that an `ssh` of this machine holds (ControlMaster), and that others use. */
export interface Master extends Connected {
  folder: MasterFolder
  /** The host as it was asked for, which stands in the process list. */
  alias: string
  sessions: Sessions
  /** All that ssh has said. */
  said(): Promise<string>
}

/** Logs in, and keeps the connection open until `end`. */
export async function openMaster(
  name: string,
  said: SshTarget,
  way: OpenSshWay,
  options: Attempting,
  others: readonly SshTarget[],
): Promise<Master> {
  refuseOddNames(name, said)
  const limit = deadline(options.timeoutMs, () => silent(name, said, options.timeoutMs))
  const signal = AbortSignal.any([options.signal, limit.signal])
  try {
    for (let attempt = 1; ; attempt++) {
      const outcome = await start(name, said, way, { ...options, signal, limit }, others)
      if ('folder' in outcome) return outcome
      // sshd drops new connections at random while many log in at once (MaxStartups)
      if (attempt === dropsTolerated) throw dropped(name, outcome.where, outcome.dropped)
      await sleep(attempt * 200 + Math.random() * 300, undefined, { signal })
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    limit.clear()
  }
}

async function start(
  name: string,
  said: SshTarget,
  way: OpenSshWay,
  { signal, limit, ...options }: Attempting & { limit: Deadline },
  others: readonly SshTarget[],
): Promise<Master | { dropped: string; where: string }> {
  signal.throwIfAborted()
  const folder = await masterFolder(said, options.askPerson === undefined ? 'absent' : 'present')
  const asked = questions(name, options, limit)
  const asking = await askpass(folder.path, asked.answer)
  let holder: Holder | undefined
  try {
    const own = loginOptions(said, way?.proxyCommand)
    const target = await askOpenSsh(name, said, wordsOf(folder, own))
    const known = await knownElsewhere(target, others)
    const words = wordsOf(folder, [
      ...masterOptions(folder.socket),
      ...(await knownOptions(folder, target, known.lines)),
      ...own,
    ])
    holder = hold(folder, [...words, '-E', folder.log, '-N', '-T', '--', said.host], { ...process.env, ...asking.env })
    void holder.ended.then(asking.close)
    const last = await untilIn(folder.socket, holder.ended, signal)
    const past = options.past.of(name, said)
    if (asked.wasAnswered()) past.wantedPerson()
    if (last === undefined) {
      await known.remember()
      return masterOf(said, target, folder, holder)
    }
    const failure = (await way?.refusal()) ?? loginFailure(name, target, last, asked)
    if (failure !== 'dropped' && asked.wasAnswered()) past.refused(failure)
    if (failure !== 'dropped') throw failure
    return { dropped: `${last.stderr}\n${last.log}`.trim(), where: `${target.host}, port ${target.port},` }
  } catch (error) {
    asking.close()
    holder?.end()
    if (holder === undefined) await rm(folder.path, { recursive: true, force: true })
    throw error
  }
}

function wordsOf({ config }: MasterFolder, options: readonly string[]): string[] {
  return ['-F', config, ...options.flatMap((line) => ['-o', line])]
}

function masterOf(said: SshTarget, target: SshTarget, folder: MasterFolder, holder: Holder): Master {
  let isEnding = false
  return {
    target,
    folder,
    alias: said.host,
    sessions: sessions(),
    said: () => readFile(folder.log, 'utf8').catch(() => ''),
    ended: holder.ended.then(({ log }) =>
      isEnding ? undefined : new Error(log.split('\n').at(-1) || 'ssh has ended'),
    ),
    end: () => {
      isEnding = true
      holder.end()
    },
  }
}

/** Once it is logged in, ssh makes the socket. What it said last: it has ended before. */
async function untilIn(socket: string, ended: Promise<Last>, signal: AbortSignal): Promise<Last | undefined> {
  for (;;) {
    signal.throwIfAborted()
    const last = await Promise.race([ended, sleep(20)])
    if (last !== undefined) return last
    const isIn = await access(socket).then(
      () => true,
      () => false,
    )
    if (isIn) return undefined
  }
}

async function knownOptions({ path }: MasterFolder, target: SshTarget, lines: readonly string[]): Promise<string[]> {
  if (lines.length === 0) return []
  const file = join(path, 'known')
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  return [pathOption('UserKnownHostsFile', ...target.knownHosts, file)]
}
