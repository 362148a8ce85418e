import { userInfo } from 'node:os'

/** What `ssh -G` says of the files of known hosts, each a list in one line. */
export interface SaidFiles {
  user: string | undefined
  global: string | undefined
}

/** The files to read, and first the one that new keys are written to: a person's own, never the machine's. */
export function knownHostsFiles(
  { user, global }: SaidFiles,
  ours: readonly string[],
  path: (text: string) => string,
): string[] {
  const isOwn = user === undefined || isDefault(user)
  if (isOwn && (global === undefined || defaultGlobal.test(global))) return [...ours]
  const own = isOwn ? ours.slice(0, 1) : files(user).map(path)
  return [...(own.length === 0 ? [nowhere] : own), ...(global === undefined ? ours.slice(1) : files(global).map(path))]
}

/** Holds nothing, and keeps nothing. */
const nowhere = '/dev/null'

/** Printed where nothing is said; ours are the same, but HOME's. */
function isDefault(user: string): boolean {
  return ['~', userInfo().homedir].some((home) => user === `${home}/.ssh/known_hosts ${home}/.ssh/known_hosts2`)
}

const defaultGlobal = /^\S*\/ssh_known_hosts \S*\/ssh_known_hosts2$/

function files(list: string): string[] {
  return list.split(' ').filter((file) => file !== '' && file !== 'none')
}
