import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SshTarget } from '../inventory/model.ts'
import { configuration, overMaster } from './openssh-options.ts'

/** What one master needs here; nobody else can look into it. The process that holds the master takes it away. */
export interface MasterFolder {
  path: string
  /** ssh's configuration for the connection, and for what goes over it. */
  config: string
  over: string
  socket: string
  /** What ssh says. */
  log: string
}

export async function masterFolder(said: SshTarget, person: 'present' | 'absent'): Promise<MasterFolder> {
  const path = await mkdtemp(join(socketsFit(tmpdir()) ? tmpdir() : '/tmp', 'etcd-deploy-'))
  const at = (name: string): string => join(path, name)
  const folder = { path, config: at('config'), over: at('over'), socket: at('m'), log: at('log') }
  await Promise.all([
    writeFile(folder.config, configuration(said, person), { mode: 0o600 }),
    writeFile(folder.over, overMaster(folder.socket), { mode: 0o600 }),
  ])
  return folder
}

/** A socket's path has 104 bytes at most (Linux: 108); ssh first makes it under a name that is 17 longer. */
function socketsFit(folder: string): boolean {
  return Buffer.byteLength(folder) + '/etcd-deploy-XXXXXX/m'.length + 17 < 104
}
