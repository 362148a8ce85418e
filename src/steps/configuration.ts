import type { Change, Step } from '../engine/playbook.ts'
import type { NodeName } from '../inventory/model.ts'
import { differing, putFiles, type FileWant } from './file-want.ts'
import { runsAsWanted } from './running.ts'
import { reachedHosts, withHost, type ReachedHost, type Seen, type UnitSeen } from './seen.ts'
import { neverServed } from './start.ts'
import { startFiles, type Wanted } from './wanted.ts'

/**
 * Environment and unit of members that no restart is needed for: those that do not run, that already run what will be
 * written, or that never served. The files of a running member that must restart are replaced at its restart, so that the others keep what works.
 */
export const configuration: Step<Wanted, Seen> = {
  name: 'configuration',
  next: (want, seen) => {
    const together = neverServed(want, seen)
    return reachedHosts(seen).flatMap(([host, on]) => {
      const member = want.members.get(host)
      if (member === undefined) return []
      const wrong = differing(on, startFiles(member, on))
      const mayWrite = together || on.process === undefined || runsAsWanted(on.process, member)
      if (wrong.length > 0 && mayWrite) return [writeChange(seen, host, on, wrong, want.cluster.service.name)]
      if (!on.files.has(member.unit.path) || (on.unit.enabled && !on.unit.needsReload)) return []
      return [enableChange(host, on, want.cluster.service.name)]
    })
  },
}

/** systemctl enable makes systemd read its units again: one reload, not two. */
const enableText = 'systemctl enable "$1.service" 2>&1'

function writeChange(seen: Seen, host: NodeName, on: ReachedHost, wrong: FileWant[], service: string): Change<Seen> {
  const change = putFiles(seen, host, `write ${wrong.map((file) => file.path).join(', ')}`, wrong)
  return {
    ...change,
    script: {
      ...change.script,
      text: `install_files; ${on.unit.enabled ? 'systemctl daemon-reload' : enableText}`,
      args: [service],
    },
    predict: (before) => withHost(change.predict(before), host, (now) => ({ unit: readUnit(now.unit) })),
  }
}

function enableChange(host: NodeName, on: ReachedHost, service: string): Change<Seen> {
  return {
    host,
    what: on.unit.enabled ? `reload ${service}.service` : `enable ${service}.service`,
    why: on.unit.enabled ? 'systemd still has the former unit' : 'it would not start at boot',
    script: { text: on.unit.enabled ? 'systemctl daemon-reload' : enableText, args: [service] },
    timeoutMs: 60_000,
    predict: (before) => withHost(before, host, (now) => ({ unit: readUnit(now.unit) })),
  }
}

/** What will be seen of a unit that systemd has read and will start at boot. */
function readUnit(unit: UnitSeen): UnitSeen {
  return { ...unit, loaded: true, enabled: true, needsReload: false }
}
