import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { hostOutput, labReset, onHost, stateFiles } from '../lab/lab.ts'
import { newSite } from './support/site.ts'

const passphrase = 'open-barley'
const folder = mkdtempSync(join(tmpdir(), 'etcd-deploy-secrets-'))

beforeAll(async () => {
  await labReset(['node1'])
  return () => rmSync(folder, { recursive: true })
})

test('no secret is in argv, in an environment, in a log, or in a file that everybody may read, here or there', async () => {
  const sshKey = ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 4 })
  writeFileSync(join(folder, 'key'), sshKey.private, { mode: 0o600 })
  writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`, { mode: 0o600 })
  await hostOutput('node1', `echo '${sshKey.public}' >>/home/ops/.ssh/authorized_keys; touch /run/begun`)
  const site = await newSite({ nodes: ['node1'], user: 'ops' })
  onTestFinished(() => site.remove())
  site.edit({
    ssh: { ...site.inventory.ssh, key: join(folder, 'key'), passphrase: { file: join(folder, 'passphrase') } },
  })

  const there = await watchHost()
  const here = watchHere()
  const runs = [
    await site.run(['up', '--verbose']),
    await site.run(['restart', '--allow-downtime', '--verbose']),
    await site.run('status'),
  ]
  const [seenThere, seenHere] = [await there.stop(), here.stop()]
  for (const run of runs) expect(run.code, run.stdout + run.stderr).toBe(0)
  // It has seen what it was to look for: the prompt among sudo's arguments, and etcd's settings.
  expect(seenThere).toMatch(/^password-\w+:$/m)
  expect(seenThere).toContain('ETCD_INITIAL_CLUSTER_TOKEN=')
  expect(seenHere).toContain('etcd-deploy')

  const password = readFileSync(stateFiles.opsPassword, 'utf8').trim()
  const keys = filesIn(site.pki).filter((path) => path.endsWith('.key'))
  expect(keys.length).toBeGreaterThan(3)
  const secrets = [password, passphrase, ...keys.map((path) => readFileSync(path, 'utf8').split('\n')[1] ?? '')]
  const told = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n')
  const logs = filesIn(site.env['XDG_STATE_HOME'] ?? '').map((path) => readFileSync(path, 'utf8'))
  expect(logs).toHaveLength(runs.length)
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5)
    for (const text of [seenThere, seenHere, told, ...logs]) expect(text.includes(secret)).toBe(false)
  }
  const written =
    "find / /run /tmp -xdev -type f -perm /o=r -newer /run/begun ! -path '/proc/*' ! -path '/sys/*' -print0"
  const found = `umask 077; cat >/run/sought; ${written} 2>/dev/null | xargs -0 -r grep -lF -f /run/sought || :`
  expect(await hostOutput('node1', found, secrets.join('\n'))).toBe('')
}, 240_000)

/** Command line and environment of whatever runs on the host, again and again. */
async function watchHost() {
  const look = 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>/run/watched 2>/dev/null; sleep 0.02'
  await hostOutput(
    'node1',
    `install -m 600 /dev/null /run/watched; systemd-run -q --unit watch sh -c 'while :; do ${look}; done'`,
  )
  return {
    async stop(): Promise<string> {
      await onHost('node1', 'systemctl stop watch')
      return hostOutput('node1', `tr '\\0' '\\n' </run/watched | grep -a . | sort -u | tr -d '\\r'`)
    },
  }
}

/** Command lines of this machine. */
function watchHere() {
  const seen = new Set<string>()
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
      } catch {
        // It has ended meanwhile.
      }
    }
  }, 20)
  return {
    stop(): string {
      clearInterval(timer)
      return [...seen].join('\n')
    },
  }
}

function filesIn(at: string): string[] {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
