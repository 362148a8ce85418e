import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Inventory, TlsOptions } from '../../../src/inventory/define.ts'
import { labReset } from '../../lab/lab.ts'
import { mustRun } from '../../lab/process.ts'
import { opensslCa } from '../support/foreign-ca.ts'
import type { Site } from '../support/site.ts'
import { expectDone } from '../support/told.ts'
import { agreed, type Followed } from './follow.ts'
import type { Reader } from './reader.ts'

const clients = { apiserver: { cn: 'kube-apiserver-etcd-client' } }

/** Pages about certificates, on one cluster; `tls enable` at the end on another. */
export function certificates(site: Site, reader: Reader): Record<string, Followed> {
  const { folder } = reader
  const foreign = join(folder, 'kubernetes')
  /** Where nothing was formed yet. */
  const another = join(folder, 'another')
  return {
    'docs/certificates.md': {
      names: [
        ['/etc/backup/etcd', join(folder, 'handed-out')],
        ['/etc/kubernetes/pki/etcd', foreign],
      ],
      steps: {
        'etcd-deploy certs list --local --max-days 60': {
          before: () => afresh(site, { clients }),
          after: ({ stdout }) => expect(stdout).toMatch(/apiserver/),
        },
        'etcd-deploy certs export backup --format p12 --out backup.p12': {
          before: () => writeFileSync(join(folder, 'p12.pass'), 'a password\n', { mode: 0o600 }),
          typed: (command) => `${command} --password-file p12.pass`,
        },
        'etcd-deploy certs export apiserver --format secret | kubectl apply -n kube-system -f -': {
          // The lab has no Kubernetes.
          typed: (command) => command.replace(/ \| kubectl .*/, ''),
          after: ({ stdout }) => expect(stdout).toMatch(/^kind: Secret$/m),
        },
        'etcd-deploy certs revoke 4B9FA98B9AAD42CBFB76B5B0CA33346B': {
          typed: async (command) => command.replace(/\S+$/, await serialOf(reader, 'job')),
        },
        'etcd-deploy certs import-ca --cert /etc/kubernetes/pki/etcd/ca.crt --key /etc/kubernetes/pki/etcd/ca.key': {
          before: async () => {
            mkdirSync(foreign)
            await opensslCa(foreign)
          },
        },
        'etcd-deploy certs import-ca --p12 ca.p12 --passphrase-file ca.pass --crl ca.crl': {
          before: () => foreignBundle(site, another),
          typed: (command) => `cd another && ${command}`,
        },
        'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in pki/prod/1/ca.key -out new.key && mv new.key pki/prod/1/ca.key':
          {
            before: async () => {
              for (const name of ['former', 'new']) writeFileSync(join(folder, `${name}.pass`), `${name} words\n`)
              site.edit(encryptedBy('former.pass'))
              await reader.type('etcd-deploy certs issue encrypted')
            },
            typed: (command) => command.replace('-out', '-passin file:former.pass -passout file:new.pass -out'),
            after: async () => {
              expect(readFileSync(join(folder, 'pki/prod/1/ca.key'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
              site.edit(encryptedBy('new.pass'))
              expect(await reader.type('etcd-deploy certs issue again')).toMatchObject({ code: 0 })
            },
          },
      },
    },
    'docs/rotation.md': {
      steps: {
        'etcd-deploy rotate-certs --if-expiring 30d --yes': {
          after: ({ stdout, stderr }) => expect(stdout + stderr).toBe(''),
        },
        'etcd-deploy tls enable': {
          ...agreed,
          before: () => afresh(site, { mode: 'off' }),
        },
        'etcd-deploy tls enable --continue': {
          after: () => expect(readFileSync(site.file, 'utf8')).toContain('mutual'),
        },
      },
    },
  }
}

async function serialOf(reader: Reader, name: string): Promise<string> {
  const { stdout } = await reader.type('etcd-deploy certs list --local --json')
  const { certificates: all } = JSON.parse(stdout) as {
    certificates: { name: string; pki: { serial: string } | null }[]
  }
  return all.find((each) => each.name === name)?.pki?.serial ?? ''
}

/** A CA in one file, and what it has revoked, beside an inventory. */
async function foreignBundle(site: Site, folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name)
  mkdirSync(at('made'), { recursive: true })
  writeFileSync(at('inventory.ts'), readFileSync(site.file))
  writeFileSync(at('ca.pass'), 'battery staple\n', { mode: 0o600 })
  const ca = await opensslCa(at('made'))
  await mustRun('mv', [await ca.revoke(await ca.client('gone')), at('ca.crl')])
  const pair = ['-in', ca.cert, '-inkey', ca.key]
  await mustRun('openssl', ['pkcs12', '-export', ...pair, '-out', at('ca.p12'), '-passout', `file:${at('ca.pass')}`])
}

function encryptedBy(name: string): Partial<Inventory> {
  return { tls: { clients, pki: { passphrase: { file: `./${name}` } } } }
}

async function afresh(site: Site, tls: TlsOptions): Promise<void> {
  await labReset(['node1', 'node2', 'node3'])
  rmSync(site.pki, { recursive: true, force: true })
  site.edit({ tls })
  await expectDone(site.run('up'))
}
