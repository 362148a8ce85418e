import {
  accounts,
  binaries,
  certificates,
  configuration,
  definePlaybook,
  directories,
  etcdctl,
  previousFiles,
  rememberFormed,
  rollingRestart,
  stage,
  start,
} from 'etcd-deploy'

/** Brings the cluster to what the inventory says, from nothing or from any state between. */
export default definePlaybook({
  name: 'up',
  stages: [
    stage('as the inventory says', [
      accounts,
      directories,
      binaries,
      certificates,
      etcdctl,
      previousFiles,
      configuration,
      start,
      rememberFormed,
      rollingRestart,
    ]),
  ],
})
