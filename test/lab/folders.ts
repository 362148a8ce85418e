import { homedir } from 'node:os'
import { join } from 'node:path'

const cacheRoot = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')

/** Outside the repository, so that every clone shares one lab and its downloads. */
export const cache = join(cacheRoot, 'etcd-deploy-lab')

export const folders = {
  releases: join(cache, 'releases'),
  base: join(cache, 'base'),
  engine: join(cache, 'engine'),
  /** Keys, known_hosts, passwords: what `test/lab/.state` points to. */
  state: join(cache, 'state'),
  stateLink: join(import.meta.dirname, '.state'),
}
