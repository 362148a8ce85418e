import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { blockOutput, stdoutLimitBytes } from './block-output.ts'
import { composeBlocks, composeScript } from './compose.ts'
import { holderGone, scriptsStuck, tooMuchOutput } from './failures.ts'
import type { Fence, HeldByOther, LockOptions, Locked, Script } from './host.ts'
import { composeLock } from './lock-script.ts'
import type { Shell } from './shell.ts'
import type { Talk } from './talk.ts'
import { talk } from './talk.ts'

/** Well within the silence that the process on the host bears. */
const signOfLifeMs = 15_000
const releaseTimeoutMs = 5_000

export async function takeLock(
  shell: Shell,
  fence: Fence,
  blocks: readonly Script[],
  options: LockOptions,
): Promise<Locked | HeldByOther> {
  if (blocks.some((block) => block.files !== undefined)) {
    throw new TypeError('files cannot be sent with a lock: signs of life take their way')
  }
  const startedMs = performance.now()
  const attempt = { host: shell.host, target: shell.target, what: options.what }
  const nonce = randomBytes(16).toString('hex')
  const output = blockOutput({}, blocks.length, () => tooMuchOutput(attempt, stdoutLimitBytes))
  let holder: string | undefined
  let code: number | undefined
  try {
    const heard = await talk(
      shell,
      options,
      composeScript(nonce, composeLock(fence, composeBlocks(blocks, 'stop'))),
      nonce,
      {
        data: output.data,
        mark: ([word, ...rest], talking) => {
          if (word === 'block') output.begin(Number(rest[0]))
          else if (word === 'end') output.end(Number(rest[0]), Number(rest[1]))
          else if (word === 'held') holder = rest.join(' ')
          else if (word === 'stuck') talking.fail(scriptsStuck(attempt))
        },
      },
    )
    const signs = signsOfLife(heard)
    try {
      await heard.done
    } catch (error) {
      clearInterval(signs)
      throw error
    }
    code = output.results.find((result) => result.code !== 0)?.code ?? 0
    if (holder !== undefined) {
      clearInterval(signs)
      heard.close()
      return { kind: 'held-by-other', holder: holder === '' ? 'an unknown controller' : holder }
    }
    const result = { blocks: output.results, stderr: heard.stderr(), durationMs: performance.now() - startedMs }
    const { promise: lost, resolve: lose } = Promise.withResolvers<Error>()
    let released = false
    void heard.ended.then((ending) => {
      clearInterval(signs)
      if (!released) lose(holderGone({ ...attempt, what: 'hold the lock' }, ending, heard.stderr()))
    })
    const release = async (): Promise<void> => {
      released = true
      clearInterval(signs)
      await endHolder(heard)
    }
    return { kind: 'locked', result, lost, release }
  } finally {
    shell.onCommand?.({ host: shell.host, what: options.what, durationMs: performance.now() - startedMs, code })
  }
}

function signsOfLife(heard: Talk): NodeJS.Timeout {
  return setInterval(() => void heard.send(Buffer.from('.')), signOfLifeMs)
}

/** Waits for its end, so that whoever comes next finds the lock free. */
async function endHolder(heard: Talk): Promise<void> {
  // Anything but a sign of life ends it
  void heard.send(Buffer.from('q'))
  const patience = new AbortController()
  await Promise.race([heard.ended, sleep(releaseTimeoutMs, undefined, { signal: patience.signal }).catch(() => {})])
  patience.abort()
  heard.close()
}
