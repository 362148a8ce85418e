import { readdirSync } from 'node:fs'
import { hostOutput, type NodeName } from '../../lab/lab.ts'

/**
 * Names, modes and owners of all that is ours on a host, and processes that hang there stopped: a run that was killed and done again
 * leaves what a whole one does.
 */
export function placedOn(host: NodeName): Promise<string> {
  return hostOutput(
    host,
    `find /etc/etcd /etc/etcd-admin /opt/etcd /etc/systemd/system /usr/local/bin /var/lib/etcd-deploy /run/etcd-deploy \\
       -printf '%p %M %u:%g\\n' | sort
     find /var/lib/etcd -maxdepth 2 -printf '%p %M %u:%g\\n' | sort
     find / /run -xdev -name '*.etcd-deploy.*'
     ps -eo stat=,args= | grep '^T' || :`,
  )
}

/** Lines of one that the other lacks: what is too much (+) or missing (-) on a host. */
export function difference(before: string | undefined, after: string): string[] {
  const [had, has] = [before ?? '', after].map((text) => new Set(text.split('\n')))
  return [
    ...[...(has ?? [])].filter((line) => had?.has(line) !== true).map((line) => `+ ${line}`),
    ...[...(had ?? [])].filter((line) => has?.has(line) !== true).map((line) => `- ${line}`),
  ]
}

/** Temporary files and operation records in the controller's folder. */
export function temporaryIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /(^|\/)\.new-|\.tmp$|operation\.json$/.test(path))
}

/** Whether somebody else could take the lock now. */
export async function lockIsFree(host: NodeName): Promise<boolean> {
  const tried = `test ! -e holder && flock -n controller.lock flock -n scripts.lock echo free || echo held`
  return (await hostOutput(host, `cd /run/etcd-deploy/etcd && ${tried}`)) === 'free\n'
}
