import type { Change, Step } from '../engine/playbook.ts'
import type { NodeName } from '../inventory/model.ts'
import { differing, putFiles } from './file-want.ts'
import { runsAsWanted } from './running.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen } from './seen.ts'
import { startFiles, type MemberWanted, type Wanted } from './wanted.ts'

/**
 * Environment and unit of members that no restart is needed for: those that do not run, and those that already run what will be
 * written. The files of a running member that must restart are replaced at its restart, so that the others keep what works.
 */
export const configuration: Step<Wanted, Seen> = {
  name: 'configuration',
  next: ({ cluster, members }, seen) =>
    reachedHosts(seen).flatMap(([host, on]) => {
      const member = members.get(host)
      if (member === undefined) return []
      const wrong = differing(on, startFiles(member))
      const write = wrong.length > 0 && (on.process === undefined || runsAsWanted(on.process, member))
      const enable = !on.unit.enabled && (write || on.files.has(member.unit.path))
      const changes: Change<Seen>[] = []
      if (write) changes.push(writeChange(seen, host, on, member))
      if (enable || (on.unit.needsReload && !write)) changes.push(enableChange(host, cluster.service.name, on))
      return changes
    }),
}

function writeChange(seen: Seen, host: NodeName, on: ReachedHost, member: MemberWanted): Change<Seen> {
  const wrong = differing(on, startFiles(member))
  const change = putFiles(seen, host, `write ${wrong.map((file) => file.path).join(', ')}`, wrong)
  return {
    ...change,
    script: { ...change.script, text: 'install_files; systemctl daemon-reload' },
    predict: (before) =>
      withHost(change.predict(before), host, (now) => ({
        unit: { ...now.unit, loaded: true, needsReload: false, fragment: member.unit.path },
      })),
  }
}

function enableChange(host: NodeName, service: string, on: ReachedHost): Change<Seen> {
  return {
    host,
    what: on.unit.enabled ? `reload ${service}.service` : `enable ${service}.service`,
    why: on.unit.enabled ? 'systemd still has the former unit' : 'it would not start at boot',
    script: { text: 'systemctl daemon-reload; systemctl enable "$1.service" 2>&1', args: [service] },
    timeoutMs: 60_000,
    predict: (before) =>
      withHost(before, host, (now) => ({ unit: { ...now.unit, enabled: true, needsReload: false } })),
  }
}
