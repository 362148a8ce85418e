import { randomBytes } from 'node:crypto'
import type { RunOptions, RunResult, Script } from './host.ts'
import type { Shell } from './shell.ts'
import { blockOutput, stdoutLimitBytes } from './block-output.ts'
import { composeRun, composeScript } from './compose.ts'
import { lockLost, tooMuchOutput } from './failures.ts'
import { sentBytes, upload } from './upload.ts'
import { talk } from './talk.ts'
import { composeGuard } from './lock-script.ts'

/** One command: the blocks in order, each one's output and exit code. */
export async function runBlocks(shell: Shell, blocks: readonly Script[], options: RunOptions): Promise<RunResult> {
  if (options.stdoutTo !== undefined && blocks.length !== 1) throw new TypeError('stdoutTo needs a single block')
  const startedMs = performance.now()
  const attempt = { host: shell.host, target: shell.target, what: options.what }
  const nonce = randomBytes(16).toString('hex')
  const output = blockOutput(options, blocks.length, () => tooMuchOutput(attempt, stdoutLimitBytes))
  const total = blocks.flatMap((block) => block.files ?? []).reduce((sum, file) => sum + sentBytes(file), 0)
  let sent = 0
  const uploaded = new Set<number>()
  const onSent = (bytes: number): void => options.onUpload?.((sent += bytes), total)
  const guard = options.fence === undefined ? '' : composeGuard(options.fence)
  const script = composeScript(nonce, composeRun(blocks, options.afterFailure ?? 'stop', guard))

  let code: number | undefined
  try {
    const heard = await talk(shell, options, script, nonce, {
      data: output.data,
      mark: ([word, first, second], talking) => {
        const index = Number(first)
        if (word === 'block') output.begin(index)
        else if (word === 'end') output.end(index, Number(second))
        else if (word === 'send' && !uploaded.has(index)) {
          uploaded.add(index)
          upload(blocks[index]?.files ?? [], talking.send, onSent).catch(talking.fail)
        } else if (word === 'fenced') talking.fail(lockLost(attempt))
      },
    })
    await heard.done
    heard.close()
    code = output.results.find((result) => result.code !== 0)?.code ?? 0
    return { blocks: output.results, stderr: heard.stderr(), durationMs: performance.now() - startedMs }
  } finally {
    shell.onCommand?.({ host: shell.host, what: options.what, durationMs: performance.now() - startedMs, code })
  }
}
