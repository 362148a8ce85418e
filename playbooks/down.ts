import { definePlaybook, removeFiles, setDataAside, stage, stopForGood, type Playbook } from 'etcd-deploy'

/** Ends the cluster: stops and removes it; data is set aside, or deleted where `purge` says so. */
export default function down({ purge }: { purge: boolean }): Playbook {
  return definePlaybook({ name: 'down', stages: [stage('ended', [stopForGood, setDataAside({ purge }), removeFiles])] })
}
