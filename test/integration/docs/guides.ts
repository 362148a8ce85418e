import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { root } from '../../docs/pages.ts'
import { hostOutput, labHost, labReset, stateFiles } from '../../lab/lab.ts'
import { mustRun } from '../../lab/process.ts'
import { opensslCa } from '../support/foreign-ca.ts'
import type { Site } from '../support/site.ts'
import { inventoryOf } from './every-day.ts'
import type { Followed } from './follow.ts'
import type { Reader } from './reader.ts'

const github = "the lab has no way to etcd's releases"

const installed = `mkdir -p carried/node_modules/etcd-deploy carried/node_modules/.bin
tar -C carried/node_modules/etcd-deploy --strip-components=1 -xzf ./etcd-deploy-*.tgz
ln -s '${root}'node_modules/* carried/node_modules
ln -s ../etcd-deploy/bin/etcd-deploy.js carried/node_modules/.bin/etcd-deploy`

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
        // npm ci would take away the packages that this test runs with, and the dist/ that it tests.
        'npm ci && npm pack': { typed: () => `npm pack --ignore-scripts '${root}'` },
        // In place of a registry: what it would bring is here.
        'npm install --ignore-scripts --prefix ./carried ./etcd-deploy-*.tgz': { typed: () => installed },
        './carried/node_modules/.bin/etcd-deploy --version': {
          after: ({ stdout }) => expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/),
        },
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
