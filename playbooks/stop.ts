import { definePlaybook, stage, stopAll, stopInTurn, type Playbook } from 'etcd-deploy'

/** Stops the whole cluster, or some members one at a time while the others serve. They stay enabled. */
export default function stop({ whole }: { whole: boolean }): Playbook {
  return definePlaybook({ name: 'stop', stages: [stage('stopped', [whole ? stopAll : stopInTurn])] })
}
