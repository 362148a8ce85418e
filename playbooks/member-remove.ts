import {
  certificates,
  configuration,
  definePlaybook,
  etcdctl,
  leaveCluster,
  leaveStages,
  onHostLeft,
  removeFiles,
  setDataAside,
  stopForGood,
} from 'etcd-deploy'

/** A member leaves for good: its data is set aside on its host, and nothing there starts it again. */
export default definePlaybook({
  name: 'member remove',
  stages: leaveStages([
    { name: 'it has left the cluster', brings: 'out of the cluster', steps: [leaveCluster] },
    {
      name: 'nothing of it runs on its host',
      brings: 'off its host',
      steps: onHostLeft([stopForGood, setDataAside({ purge: false }), removeFiles]),
    },
    { name: 'no other member names it', brings: 'its name from all', steps: [certificates, etcdctl, configuration] },
  ]),
})
