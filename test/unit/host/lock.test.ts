import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from 'vitest'
import { describe, it } from 'vitest'
import type { Fence, Locked, RunResult } from '../../../src/host/host.ts'
import { takeLock } from '../../../src/host/lock.ts'
import { runBlocks } from '../../../src/host/run.ts'
import type { Shell } from '../../../src/host/shell.ts'
import { interpreters, localShell, runOptions } from './local-shell.ts'

interface Scene {
  folder: string
  ana: Fence
  ben: Fence
  take: (fence: Fence, blocks?: { text: string; args?: string[] }[]) => Promise<Locked>
  change: (fence: Fence, text: string) => Promise<RunResult>
  holderPid: () => Promise<number>
}

async function scene(shell: Shell, finished: TestContext['onTestFinished']): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'))
  const ana = { dir: join(folder, 'run', 'prod'), token: 'token-of-ana', holder: "ana@laptop, up, it's 12:04" }
  const held: Locked[] = []
  finished(async () => {
    await Promise.all(held.map((lock) => lock.release()))
  })
  return {
    folder,
    ana,
    ben: { ...ana, token: 'token-of-ben', holder: 'ben@desk, restart' },
    async take(fence, blocks = []) {
      const lock = await takeLock(shell, fence, blocks, runOptions())
      if (lock.kind !== 'locked') throw new Error(`held by ${lock.holder}`)
      held.push(lock)
      return lock
    },
    change: (fence, text) => runBlocks(shell, [{ text, args: [folder] }], runOptions({ fence })),
    holderPid: async () => Number((await readFile(join(ana.dir, 'holder'), 'utf8')).split('\n')[1]),
  }
}

// Each waits for processes of its own, however busy the machine is.
describe.skipIf(process.platform !== 'linux').concurrent.each(interpreters)(
  'the lock under %s',
  { timeout: 30_000 },
  (interpreter) => {
    const shell = localShell({ interpreter })

    it('runs its blocks, and what is changed under it', async ({ onTestFinished, expect }) => {
      const { ana, take, change } = await scene(shell, onTestFinished)
      const lock = await take(ana, [{ text: 'echo "$1"; false', args: ['seen'] }, { text: 'echo never' }])
      expect(lock.result.blocks).toEqual([{ code: 1, stdout: 'seen\n' }])
      expect((await change(ana, 'echo changed')).blocks).toEqual([{ code: 0, stdout: 'changed\n' }])
    })

    it('keeps others out, saying who holds it, until it is released', async ({ onTestFinished, expect }) => {
      const { ana, ben, take } = await scene(shell, onTestFinished)
      const lock = await take(ana)
      expect(await takeLock(shell, ben, [], runOptions())).toEqual({ kind: 'held-by-other', holder: ana.holder })
      await lock.release()
      await take(ben)
      // What is given back is not lost
      expect(await Promise.race([lock.lost, sleep(100, 'not lost')])).toBe('not lost')
    })

    it('lets nothing change without it', async ({ onTestFinished, expect }) => {
      const { folder, ana, ben, take, change } = await scene(shell, onTestFinished)
      await expect(change(ana, 'touch "$1/changed"')).rejects.toThrow(/lock/)
      await take(ana)
      await expect(change(ben, 'touch "$1/changed"')).rejects.toThrow(/lock/)
      expect(existsSync(join(folder, 'changed'))).toBe(false)
    })

    it('ends what still runs when it is released, children first stopped', async ({ onTestFinished, expect }) => {
      const { folder, ana, take, change } = await scene(shell, onTestFinished)
      const lock = await take(ana)
      const running = change(ana, 'touch "$1/began"; sleep 3 || :; touch "$1/changed"')
      running.catch(() => {})
      await expect.poll(() => existsSync(join(folder, 'began')), { timeout: 15_000 }).toBe(true)
      await lock.release()
      await expect(running).rejects.toThrow(/did not finish/)
      await sleep(3300)
      expect(existsSync(join(folder, 'changed'))).toBe(false)
    })

    it('is free, and told as lost, as soon as the process that holds it is killed; then its scripts refuse', async ({
      onTestFinished,
      expect,
    }) => {
      const { folder, ana, ben, take, change, holderPid } = await scene(shell, onTestFinished)
      const lock = await take(ana)
      process.kill(await holderPid(), 'SIGKILL')
      expect((await lock.lost).message).toMatch(/has ended/)
      await expect(change(ana, 'touch "$1/changed"')).rejects.toThrow(/lock/)
      await take(ben)
      expect(existsSync(join(folder, 'changed'))).toBe(false)
    })

    it('ends the scripts of a holder that was killed before the next one has it', async ({
      onTestFinished,
      expect,
    }) => {
      const { folder, ana, ben, take, change, holderPid } = await scene(shell, onTestFinished)
      await take(ana)
      // A child whose shell is gone, and a shell that would go on after its child
      const running = change(
        ana,
        '( sleep 1.5; touch "$1/late" ) & touch "$1/began"; sleep 1.5 || :; touch "$1/changed"',
      )
      running.catch(() => {})
      await expect.poll(() => existsSync(join(folder, 'began')), { timeout: 15_000 }).toBe(true)
      process.kill(await holderPid(), 'SIGKILL')
      await take(ben)
      await expect(running).rejects.toThrow(/did not finish/)
      await sleep(1800)
      expect([existsSync(join(folder, 'late')), existsSync(join(folder, 'changed'))]).toEqual([false, false])
    })

    it('clears away what a script that it ended had begun to install', async ({ onTestFinished, expect }) => {
      const { folder, ana, ben, take, change, holderPid } = await scene(shell, onTestFinished)
      await take(ana)
      const running = change(
        ana,
        `ed_index=7; ed_temps="$1/.half.etcd-deploy.$$.7_1$ed_nl$1/.files.etcd-deploy.$$.7$ed_nl$1/whole$ed_nl"
         ed_note_temps; mkdir "$1/.files.etcd-deploy.$$.7"; touch "$1/.half.etcd-deploy.$$.7_1" "$1/whole"; touch "$1/began"; sleep 5`,
      )
      running.catch(() => {})
      await expect.poll(() => existsSync(join(folder, 'began')), { timeout: 15_000 }).toBe(true)
      process.kill(await holderPid(), 'SIGKILL')
      await take(ben)
      const left = readdirSync(folder, { recursive: true }).map(String)
      expect(left.filter((name) => /etcd-deploy|temps/.test(name))).toEqual([])
      expect(left).toContain('whole')
    })

    it('stops all that runs before it ends the first of it', async ({ onTestFinished, expect }) => {
      const { folder, ana, take, change } = await scene(shell, onTestFinished)
      const lock = await take(ana)
      // A reader that goes on when the process before it is killed, and many to be killed between the two
      const text = [
        'mkfifo "$1/fifo"; sleep 29 >"$1/fifo" & exec 4<"$1/fifo"',
        'for n in 1 2 3 4 5 6 7 8 9 10; do for m in 1 2 3 4 5 6 7 8 9 10; do sleep 29 & done; done',
        '{ read -r x <&4 || :; : >"$1/changed"; } & touch "$1/began"; wait',
      ].join('\n')
      const running = change(ana, text)
      running.catch(() => {})
      await expect.poll(() => existsSync(join(folder, 'began')), { timeout: 15_000 }).toBe(true)
      await sleep(100)
      await lock.release()
      await expect(running).rejects.toThrow(/did not finish/)
      expect(await readdir(folder)).toEqual(['began', 'fifo', 'run'])
    })

    it('leaves alone what has nothing to do with it', async ({ onTestFinished, expect }) => {
      const { folder, ana, ben, take, holderPid } = await scene(shell, onTestFinished)
      await take(ana)
      const bystander = runBlocks(
        shell,
        [{ text: 'touch "$1/began"; sleep 1; echo done', args: [folder] }],
        runOptions(),
      )
      await expect.poll(() => existsSync(join(folder, 'began')), { timeout: 15_000 }).toBe(true)
      process.kill(await holderPid(), 'SIGKILL')
      await take(ben)
      expect((await bystander).blocks).toEqual([{ code: 0, stdout: 'done\n' }])
    })

    it('is not kept by a process that a block left behind', async ({ onTestFinished }) => {
      const { ana, ben, take } = await scene(shell, onTestFinished)
      const lock = await take(ana, [{ text: 'sleep 3 & :' }])
      await lock.release()
      await take(ben)
    })

    it('refuses files', async ({ onTestFinished, expect }) => {
      const { folder, ana } = await scene(shell, onTestFinished)
      await writeFile(join(folder, 'x'), '')
      await expect(takeLock(shell, ana, [{ text: ':', files: [] }], runOptions())).rejects.toThrow(/files/)
    })
  },
)
