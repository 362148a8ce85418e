import { DeployError, exitCode, type ExitCode } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { openPki } from '../pki/open.ts'
import { memberList } from '../steps/members.ts'
import type { Seen } from '../steps/seen.ts'
import type { Session } from './session.ts'

/** Gone already, or never there: only the former is no mistake. */
export async function nothingToRemove({ cluster, emit }: Session, word: string, seen: Seen): Promise<ExitCode> {
  const members = memberList(seen)
  const store = await openPki(cluster.pki.dir, cluster.name)
  const wasMember = store?.issued.some(({ name, kind }) => name === word && kind === 'peer') === true
  if (members !== undefined && wasMember) {
    emit({ type: 'note', message: `${word} is no member any more, and nothing of it is known to be left` })
    return exitCode.done
  }
  const names = [...cluster.nodes, ...(members ?? [])].map(({ name }) => name).filter((name) => name !== '')
  const close = nearest(word, names)
  const who = members === undefined ? 'no member could be asked' : 'etcd has no such member either'
  throw new DeployError({
    message: `the inventory has no node ${word}, and ${who}`,
    next: close === undefined ? 'etcd-deploy member list shows who there is' : `did you mean ${close}?`,
    exitCode: members === undefined ? exitCode.refused : exitCode.usage,
  })
}
