import type { Cluster, NodeName } from '../inventory/model.ts'
import { reachedHosts, type ReachedHost, type Seen } from './seen.ts'

/** Where the data lies that `down` set aside last: hosts with the same folders together. */
export function setAsideAt(cluster: Cluster, seen: Seen): { hosts: NodeName[]; folders: string[] }[] {
  const places = reachedHosts(seen).flatMap(([host, on]) => {
    const folders = foldersOf(cluster, on)
    return folders.length === 0 ? [] : [{ host, folders }]
  })
  const alike = Map.groupBy(places, ({ folders }) => folders.join('\n'))
  return [...alike.values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [{ hosts: same.map(({ host }) => host), folders: first.folders }]
  })
}

/** Of one host; none where nothing lies there. */
export function foldersOf({ paths }: Cluster, on: ReachedHost): string[] {
  const newest = [
    { folder: paths.data, name: newestOf(on.dataEntries) },
    ...(paths.wal === undefined ? [] : [{ folder: paths.wal, name: newestOf(on.walEntries) }]),
  ]
  return newest.flatMap(({ folder, name }) => (name === undefined ? [] : [`${folder}/${name}`]))
}

/** Dates sort as text. */
function newestOf(entries: readonly string[]): string | undefined {
  return entries
    .filter((entry) => /^member\.\d{4}-\d\d-\d\dT\d{6}Z$/.test(entry))
    .toSorted()
    .at(-1)
}
