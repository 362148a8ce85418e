import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { createHash, randomBytes } from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { FilePut } from '../../../src/host/host.ts'
import { restartMember, startLearner, startMember } from '../../../src/steps/member-scripts.ts'
import { putPrograms, runHere, temporaryFolder } from './local-script.ts'

/**
 * A host in small. systemctl keeps the pid of the member in a file, each start takes the next of `pids`; a start under settings that say `bad` fails. etcdctl does not read
 * until it was asked `slow` times, nor over http where the process is among `deaf`. Both write down what they were called with. A member
 * that is started is ready once another one was given an entry (`del`), and that is the only thing that another one is asked for.
 */
const systemctl = `
echo "systemctl $*" >>"$HOST/calls"
case "$1" in
show)
  state=$(cat "$HOST/state")
  for word do case $word in
    ActiveState) echo "ActiveState=$state" ;;
    MainPID) echo "MainPID=$(cat "$HOST/pid")" ;;
    NRestarts) echo NRestarts=0 ;;
  esac; done ;;
start)
  sleep "$(cat "$HOST/queued-after")"
  if grep -q bad "$HOST/etcd.env"; then echo failed; else cat "$HOST/starts-as"; fi >"$HOST/state" ;;
restart)
  if grep -q bad "$HOST/etcd.env"; then echo failed >"$HOST/state"; echo 0 >"$HOST/pid"
  else
    echo active >"$HOST/state"; next=$(head -n 1 "$HOST/pids"); sed -i 1d "$HOST/pids"
    echo "\${next:-4000002}" >"$HOST/pid"
  fi ;;
esac`
const etcdctl = `
echo "etcdctl $*" >>"$HOST/calls"
left=$(cat "$HOST/slow")
case "$ETCDCTL_ENDPOINTS" in http:*) ! grep -qx "$(cat "$HOST/pid")" "$HOST/deaf" || exit 1 ;; esac
case "$*" in
*del*) [ "$ETCDCTL_ENDPOINTS" != http://10.0.0.2:2379,http://10.0.0.3:2379 ] || echo active >"$HOST/state" ;;
*get*) [ "$left" -eq 0 ] || { echo $((left - 1)) >"$HOST/slow"; exit 1; } ;;
esac`

let folder: string
let env: string

beforeEach(async () => {
  folder = await temporaryFolder(onTestFinished)
  env = join(folder, 'etcd.env')
  await mkdir(join(folder, 'bin'))
  const at = (text: string): string => `HOST=${folder}\n${text}`
  await putPrograms(join(folder, 'bin'), {
    systemctl: at(systemctl),
    etcdctl: at(etcdctl),
    journalctl: 'echo "the last words of etcd"',
  })
  for (const [name, text] of Object.entries({
    pid: '4000001',
    state: 'active',
    slow: '0',
    calls: '',
    pids: '',
    deaf: '',
    'queued-after': '0',
    'starts-as': 'activating',
  }))
    await writeFile(join(folder, name), `${text}\n`)
  await writeFile(env, 'former\n')
})

async function restart(settings: string, { transferee = '' } = {}) {
  const bytes = Buffer.from(`${settings}\n`)
  const group = execFileSync('id', ['-gn']).toString().trim()
  const content = { kind: 'bytes' as const, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  const file: FilePut = { path: env, content, mode: 0o640, owner: userInfo().username, group }
  const args = [transferee, env, ...memberArguments('3')]
  return withStates(await runHere({ text: restartMember, args, files: [file] }, join(folder, 'bin')))
}

function memberArguments(deadline: string): string[] {
  const access = ['etcd', join(folder, 'bin', 'etcdctl'), 'ca', 'cert', 'key', 'http://127.0.0.1:2379']
  return [deadline, join(folder, 'previous'), 'http://10.0.0.2:2379,http://10.0.0.3:2379', ...access]
}

function withStates<T extends { stdout: string }>(ran: T): T & { states: string[] } {
  const states = ran.stdout.split('\n').filter((line) => line.startsWith('state '))
  return { ...ran, states: states.map((line) => line.slice('state '.length)) }
}

async function start() {
  return withStates(await runHere({ text: startMember, args: memberArguments('3') }, join(folder, 'bin')))
}

async function calls(pattern: RegExp): Promise<string[]> {
  return (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter((call) => pattern.test(call))
}

describe.skipIf(process.platform !== 'linux')('a start', () => {
  test('has not failed while systemd has not even heard of it', async () => {
    await writeFile(join(folder, 'state'), 'inactive\n')
    await writeFile(join(folder, 'starts-as'), 'active\n')
    await writeFile(join(folder, 'queued-after'), '0.6\n')
    const { code, states } = await start()
    expect({ code, states }).toEqual({ code: 0, states: ['starting', 'healthy'] })
  })

  test('has failed once systemd is done with it and the member does not run', async () => {
    await writeFile(join(folder, 'state'), 'inactive\n')
    await writeFile(join(folder, 'etcd.env'), 'bad\n')
    const { code, stdout } = await start()
    expect(code).toBe(1)
    expect(stdout).toMatch(/^#@ journal\nthe last words of etcd$/m)
  })
})

describe.skipIf(process.platform !== 'linux')('a restart', () => {
  test('ends once the new process serves a read, and keeps nothing of the former files', async () => {
    const { code, states } = await restart('wanted')
    expect({ code, states }).toEqual({ code: 0, states: ['stopping', 'healthy'] })
    expect(await readFile(env, 'utf8')).toBe('wanted\n')
    expect((await readdir(folder)).filter((name) => name.startsWith('previous'))).toEqual([])
  })

  test('is one job of systemd: never a stop and then, perhaps, a start', async () => {
    await restart('wanted')
    expect(await calls(/systemctl (stop|start|restart)/)).toEqual(['systemctl restart etcd.service'])
  })

  test('waits for a read that goes through: that it runs is not enough', async () => {
    await writeFile(join(folder, 'slow'), '3\n')
    const { code, states } = await restart('wanted')
    expect({ code, states }).toEqual({ code: 0, states: ['stopping', 'running, not healthy yet', 'healthy'] })
  })

  test('hands leadership over first, to whom it was told', async () => {
    await restart('wanted', { transferee: 'b2' })
    const order = await calls(/move-leader|systemctl restart/)
    expect(order).toEqual([expect.stringMatching(/^etcdctl move-leader b2$/), 'systemctl restart etcd.service'])
  })

  test('moves no leadership where there is none to move', async () => {
    await restart('wanted')
    expect(await calls(/move-leader/)).toEqual([])
  })
})

describe.skipIf(process.platform !== 'linux')('a restart of a member that speaks http and https on one port', () => {
  const both = 'http://10.0.0.1:2379,http://127.0.0.1:2379,https://10.0.0.1:2379,https://127.0.0.1:2379'

  test('is done again while it answers https alone', async () => {
    const pids = [await processWith(both), await processWith(both), await processWith(both)]
    await writeFile(join(folder, 'pids'), pids.join('\n'))
    await writeFile(join(folder, 'deaf'), pids.slice(0, 2).join('\n'))
    const { code, states } = await restart('wanted')
    expect(code).toBe(0)
    expect(states).toContain('restarting again, as it does not answer over http')
    expect(states.at(-1)).toBe('healthy')
    expect(await calls(/systemctl restart/)).toHaveLength(3)
  })

  test('asks over http where https is spoken there too, and nowhere else', async () => {
    const listens = 'https://10.0.0.1:2379,http://127.0.0.1:2379'
    const pid = await processWith(listens)
    await writeFile(join(folder, 'pids'), pid)
    const { code } = await restart('wanted')
    expect(code).toBe(0)
    expect(await calls(/systemctl restart/)).toHaveLength(1)
    expect(await calls(/etcdctl .*get/)).toHaveLength(1)
  })
})

describe.skipIf(process.platform !== 'linux')(
  'a member that starts, and is not ready until the cluster has one more entry',
  () => {
    test('gets it through the others: an empty range is deleted', async () => {
      const { code, states } = withStates(
        await runHere({ text: startMember, args: memberArguments('20') }, join(folder, 'bin')),
      )
      expect({ code, states }).toEqual({ code: 0, states: ['starting', 'waiting for peers', 'healthy'] })
      expect((await calls(/del/))[0]).toMatch(/ del --range (\S+) \1$/)
    })

    test('without others nobody is asked for it', async () => {
      const [deadline = '', previous = '', , ...access] = memberArguments('3')
      const { code } = await runHere(
        { text: startMember, args: [deadline, previous, '', ...access] },
        join(folder, 'bin'),
      )
      expect(code).toBe(1)
      expect(await calls(/del/)).toEqual([])
    })

    test('a learner is waited for beyond the deadline while its data grows', async () => {
      const data = join(folder, 'data')
      await mkdir(join(data, 'member', 'snap'), { recursive: true })
      const pid = await processWith('', { ETCD_DATA_DIR: data })
      await writeFile(join(folder, 'pid'), pid)
      await putPrograms(join(folder, 'bin'), { etcdctl: 'exit 1' })
      const grows = setTimeout(() => void writeFile(join(data, 'member', 'snap', 'db'), randomBytes(2 ** 21)), 500)
      onTestFinished(() => clearTimeout(grows))
      const began = performance.now()
      const { code, states } = withStates(
        await runHere({ text: startLearner, args: memberArguments('3') }, join(folder, 'bin')),
      )
      expect(code).toBe(1)
      expect(states.slice(0, 2)).toEqual(['starting', 'waiting for peers'])
      expect(states.slice(2)).toEqual(['receiving data: 2 MiB'])
      expect(performance.now() - began).toBeGreaterThan(4000)
    })
  },
)

/** A process that listens nowhere, with an environment that says so. */
async function processWith(listens: string, more: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, ETCD_LISTEN_CLIENT_URLS: listens, ...more }
  const child = spawn('sleep', ['60'], { env, stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  await once(child, 'spawn')
  return String(child.pid)
}

describe.skipIf(process.platform !== 'linux')('a restart after which the member does not come up', () => {
  test('puts the former files back, starts it again, and tells what its journal says', async () => {
    const { code, stdout, states } = await restart('bad')
    expect(code).toBe(1)
    expect(states).toEqual(['stopping', 'putting the previous files back', 'healthy'])
    expect(await readFile(env, 'utf8')).toBe('former\n')
    expect(stdout).toMatch(/^#@ journal\nthe last words of etcd$/m)
    expect(stdout).toMatch(/^#@ rolled-back healthy$/m)
    expect((await readdir(folder)).filter((name) => name.startsWith('previous'))).toEqual([])
  })

  test('takes a file away again that was not there before', async () => {
    env = join(folder, 'drop-in.env')
    await writeFile(join(folder, 'etcd.env'), 'bad\n')
    const { stdout } = await restart('new')
    expect(await readdir(folder)).not.toContain('drop-in.env')
    expect(stdout).toMatch(/^#@ rolled-back unhealthy$/m)
    // What it may still be started with stays at hand.
    expect(await readdir(folder)).toContain('previous')
  })

  test('goes back to the files that worked last, not to those of an interrupted restart', async () => {
    await mkdir(join(folder, 'previous'))
    await writeFile(join(folder, 'previous', '1'), 'worked\n')
    await writeFile(join(folder, 'previous', 'list'), `1 ${env}\n`)
    await writeFile(env, 'interrupted, bad\n')
    const { stdout } = await restart('bad')
    expect(stdout).toMatch(/^#@ rolled-back healthy$/m)
    expect(await readFile(env, 'utf8')).toBe('worked\n')
  })
})
