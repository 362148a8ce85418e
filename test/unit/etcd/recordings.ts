import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What etcdctl and a member's /metrics said in real clusters: of one member (its quota full), of three, with a learner, one or two down. */
export interface Recording {
  exit: number
  stdout: string
  stderr?: string
}

const folder = join(import.meta.dirname, 'fixtures')

export const recordedVersions = readdirSync(folder).map((file) => file.replace(/\.json$/, ''))

export function recording(version: string, name: string): Recording {
  const all = JSON.parse(readFileSync(join(folder, `${version}.json`), 'utf8')) as Record<string, Recording>
  const found = all[name]
  if (found === undefined) throw new Error(`no recording ${name} of etcd ${version}`)
  return found
}

export function output(version: string, name: string): string {
  return recording(version, name).stdout
}
