import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { hostOutput, labHost, labReset, stateFiles } from '../../lab/lab.ts'
import { mustRun } from '../../lab/process.ts'
import { opensslCa } from '../support/foreign-ca.ts'
import type { Site } from '../support/site.ts'
import { inventoryOf } from './every-day.ts'
import type { Followed } from './follow.ts'
import type { Reader } from './reader.ts'

const registry = 'it takes packages from a registry, and the first would take away those that this test runs with'
const github = "the lab has no way to etcd's releases"

/** Pages for those who begin anew, each in a folder of its own. */
export function guides(site: Site, { folder }: Reader): Record<string, Followed> {
  const { address } = labHost('node1')
  // OpenSSH does not take its home from the environment.
  const config = join(folder, 'ssh-config')
  return {
    'docs/air-gapped.md': {
      steps: {
        'curl -LO https://github.com/etcd-io/etcd/releases/download/v3.6.16/etcd-v3.6.16-linux-amd64.tar.gz': {
          untried: github,
        },
        'curl -LO https://github.com/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS': { untried: github },
        'npm ci && npm pack': { untried: registry },
        'npm install --ignore-scripts --prefix ./carried ./etcd-deploy-*.tgz': { untried: registry },
        './carried/node_modules/.bin/etcd-deploy --version': { untried: registry },
      },
    },
    'docs/coming-from.md': {
      steps: {
        'etcd-deploy certs import-ca --cert ca.pem --key ca-key.pem': {
          before: async () => {
            mkdirSync(join(folder, 'made'))
            const { cert, key } = await opensslCa(join(folder, 'made'))
            await mustRun('cp', [cert, join(folder, 'ca.pem')])
            await mustRun('cp', [key, join(folder, 'ca-key.pem')])
          },
        },
      },
    },
    'docs/coming-from/k3s.md': {
      names: [
        ['10.10.3.104', address],
        ['ssh ', `ssh -F '${config}' `],
        ['scp ', `scp -F '${config}' `],
      ],
      steps: {
        'etcd-deploy up': {
          before: async () => {
            await labReset(['node1'])
            const names = [
              ['10.10.3.104', address],
              ["'example'", "'deploy'"],
            ] as const
            writeFileSync(site.file, inventoryOf('docs/coming-from/k3s.md', site, names))
            const { key, knownHosts } = stateFiles
            writeFileSync(config, `IdentityFile ${key}\nUserKnownHostsFile ${knownHosts}\n`)
          },
        },
        'etcd-deploy endpoints --for k3s': {
          after: async ({ stdout }) => {
            const files = stdout.match(/(?<=file=)\S+/g) ?? []
            expect(files).toHaveLength(3)
            await hostOutput('node1', `ls ${files.join(' ')}`)
          },
        },
      },
    },
  }
}
