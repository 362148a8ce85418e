import { copyFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { blocksOf, root } from '../../docs/pages.ts'
import { hostOutput, labHost, labReset } from '../../lab/lab.ts'
import type { Ran } from '../../lab/process.ts'
import { sshCommand } from '../../lab/ssh.ts'
import type { Site } from '../support/site.ts'
import type { Followed } from './follow.ts'
import type { Reader } from './reader.ts'

/** The lab's hosts have no chrony, and no way to get one. */
const standIn = `mkdir -p /etc/chrony/conf.d; ln -s /bin/sleep /usr/sbin/chronyd
printf '[Service]\\nExecStart=/usr/sbin/chronyd infinity\\n' >/etc/systemd/system/chrony.service; systemctl daemon-reload`

/** Pages of whoever has the cluster that README leads to, which comes first and makes it. */
export function everyDay(site: Site, reader: Reader): Record<string, Followed> {
  const { folder } = reader
  return {
    'README.md': {
      steps: {
        // At home, where the lab's cache is.
        'npm run demo': { typed: (command) => `cd '${root}' && HOME='${homedir()}' ${command}`, after: healthy },
        'npm test': { untried: 'this test is a part of it' },
        'etcd-deploy plan inventory.ts': {
          before: async () => {
            await labReset(['node1', 'node2', 'node3'])
            writeFileSync(site.file, inventoryOf('README.md', site))
          },
          after: ({ stdout }) => expect(stdout).toMatch(/start the member/),
        },
        'sudo etcdctl endpoint health --cluster': {
          typed: (command) => `${sshCommand('node2', 'deploy', [command]).join(' ')} 2>&1`,
          after: healthyEndpoints,
        },
        'etcd-deploy status': { after: healthy },
      },
    },
    'docs/everyday.md': {
      steps: {
        "etcd-deploy exec -- sh -c 'df -h /var/lib/etcd | tail -1'": {
          after: ({ stdout }) => expect(stdout.match(/%/g)).toHaveLength(3),
        },
        'etcd-deploy logs --follow': {
          typed: (command) => `timeout --preserve-status -s INT 5 ${command}`,
          code: 130,
          after: ({ stdout }) => expect(stdout).toMatch(/^node1 \| /m),
        },
        'eval "$(etcd-deploy endpoints --for etcdctl)"': {
          before: () => reader.type(`tar -C '${reader.bin}' --strip-components=1 -xzf '${tarball(site)}'`),
          typed: (command) => `${command} && etcdctl endpoint health 2>&1`,
          after: healthyEndpoints,
        },
        'etcd-deploy snapshot status backup.db': {
          before: () => reader.type('etcd-deploy snapshot save backup.db'),
          after: ({ stdout }) => expect(stdout).toMatch(/backup\.db: whole, revision /),
        },
      },
    },
    'docs/playbooks.md': {
      steps: {
        'etcd-deploy run ./chrony.ts --dry-run': {
          before: async () => {
            copyFileSync(join(root, 'docs/examples/chrony.ts'), join(folder, 'chrony.ts'))
            await hostOutput('node1', standIn)
          },
          after: ({ stdout }) => expect(stdout).toContain('write /etc/chrony/conf.d/etcd-deploy.conf'),
        },
        'etcd-deploy run ./chrony.ts': {
          after: async () =>
            expect(await hostOutput('node1', 'cat /etc/chrony/conf.d/etcd-deploy.conf')).toMatch(/^server .* iburst$/m),
        },
      },
    },
    'docs/status.md': {},
    'docs/ci.md': {
      names: [
        ['/backup/', `${folder}/`],
        ['/srv/etcd', folder],
      ],
      steps: {
        'etcd-deploy plan -i prod.ts --detailed-exitcode': {
          before: () => copyFileSync(site.file, join(folder, 'prod.ts')),
        },
        'cd /srv/etcd && etcd-deploy rotate-certs --if-expiring 30d --yes': { after: silent },
        "cd /srv/etcd && etcd-deploy certs list --local --max-days 20 >/dev/null || echo 'etcd: certificates end soon'":
          { after: silent },
      },
    },
    'docs/troubleshooting.md': {
      steps: {
        'ls -t ~/.local/state/etcd-deploy/runs': { after: ({ stdout }) => expect(stdout).not.toBe('') },
      },
    },
  }
}

/** The whole inventory that a page shows, for this lab: it has no way to etcd's releases. */
export function inventoryOf(page: string, site: Site, names: readonly (readonly [string, string])[] = []): string {
  const shown = blocksOf(page).find(({ text }) => text.includes('export default defineInventory'))?.text ?? ''
  const here = [...names, ['203.0.113.9', '127.0.0.1'], ['2222', String(labHost('node3').sshPort)]] as const
  return here
    .reduce((text, [name, one]) => text.replaceAll(name, one), shown)
    .replaceAll(/10\.0\.0\.([123])\b/g, (_, number: string) => labHost(`node${number}` as 'node1').address)
    .replace(/\}\)\n$/, `  binaries: ${JSON.stringify(site.inventory.binaries)},\n})\n`)
}

function tarball({ inventory: { binaries } }: Site): string {
  return (binaries as { file: string }).file
}

function healthy({ stdout }: Ran): void {
  expect(stdout).toMatch(/3 members, all healthy/)
}

function healthyEndpoints({ stdout }: Ran): void {
  expect(stdout.match(/is healthy/g)).toHaveLength(3)
}

function silent({ stdout, stderr }: Ran): void {
  expect(stdout + stderr).toBe('')
}
