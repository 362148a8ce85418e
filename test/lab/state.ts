import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folders } from './folders.ts'
import { allHosts, labHost } from './hosts.ts'
import { ed25519Pair } from '../instruments/ed25519-pair.ts'

/** By way of `test/lab/.state`, the path that inventories name. */
export const stateFiles = {
  key: join(folders.stateLink, 'id_ed25519'),
  knownHosts: join(folders.stateLink, 'known_hosts'),
  opsPassword: join(folders.stateLink, 'ops-password'),
  /** Where inventory.example.ts keeps its certificates, so that every clone operates the one cluster on the lab. */
  pki: join(folders.stateLink, 'pki'),
  /** The etcd version that inventory.example.ts asks for. */
  version: join(folders.stateLink, 'etcd-version'),
}

/** Keys and passwords are made once and kept: hosts that are made anew are the same hosts to ssh. */
export function ensureState(): void {
  mkdirSync(folders.state, { recursive: true, mode: 0o700 })
  linkState()
  if (existsSync(join(folders.state, 'known_hosts'))) return
  const login = ed25519Pair('etcd-deploy-lab')
  write('id_ed25519', login.private)
  write('id_ed25519.pub', `${login.public}\n`)
  write('ops-password', `${randomBytes(12).toString('base64url')}\n`)
  const known = allHosts.flatMap((name) => {
    const key = ed25519Pair(name)
    mkdirSync(join(folders.state, 'host-keys', name), { recursive: true })
    write(join('host-keys', name, 'ssh_host_ed25519_key'), key.private)
    write(join('host-keys', name, 'ssh_host_ed25519_key.pub'), `${key.public}\n`)
    return `${sshNames(name)} ${key.public.split(' ').slice(0, 2).join(' ')}\n`
  })
  // Last: its presence says that the rest is complete.
  write('known_hosts', known.join(''))
}

/** What inventory.example.ts has formed is gone with its hosts: its certificates and its memory of a cluster go too. */
export function forgetClusters(): void {
  rmSync(stateFiles.pki, { recursive: true, force: true })
}

function sshNames(name: (typeof allHosts)[number]): string {
  const { address, address6, sshPort } = labHost(name)
  const published = sshPort === undefined ? [] : [`[127.0.0.1]:${sshPort}`]
  return [name, address, address6, ...published].join(',')
}

function write(name: string, text: string): void {
  const path = join(folders.state, name)
  rmSync(path, { force: true })
  writeFileSync(path, text)
  chmodSync(path, 0o600)
}

function linkState(): void {
  const entry = lstatSync(folders.stateLink, { throwIfNoEntry: false })
  if (entry?.isSymbolicLink() && readlinkSync(folders.stateLink) === folders.state) return
  rmSync(folders.stateLink, { recursive: true, force: true })
  symlinkSync(folders.state, folders.stateLink)
}
