import { labReset, type NodeName } from '../../lab/lab.ts'
import { newSite, type Site, type SiteOptions } from './site.ts'
import { expectDone } from './told.ts'

/** Hosts as new, and a cluster that `up` has just made on them. */
export async function freshlyUp(hosts: readonly NodeName[], options: Partial<SiteOptions> = {}): Promise<Site> {
  await labReset([...hosts])
  const site = await newSite({ nodes: hosts, ...options })
  await expectDone(site.run('up'))
  return site
}
