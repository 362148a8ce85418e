import { definePlaybook, previousFiles, restartAll, stage, start, type Playbook } from 'etcd-deploy'

/** Restarts members that were started before `sinceMs`, one at a time, the leader last. */
export default function restart(sinceMs: number): Playbook {
  return definePlaybook({ name: 'restart', stages: [stage('restarted', [previousFiles, start, restartAll(sinceMs)])] })
}
