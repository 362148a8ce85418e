import {
  accounts,
  certificates,
  definePlaybook,
  directories,
  etcdctl,
  movePeers,
  previousFiles,
  rollingRestart,
  start,
  tlsStages,
} from 'etcd-deploy'

const files = [accounts, directories, previousFiles, certificates]

/** From http to https without losing a write: a client port speaks both meanwhile, a peer URL changes member by member. */
export default definePlaybook({
  name: 'tls enable',
  stages: tlsStages([
    {
      name: 'members speak TLS to clients too',
      target: 'both for clients',
      steps: [...files, start, rollingRestart],
    },
    {
      name: 'members speak TLS to each other',
      target: 'TLS between members',
      steps: [...files, start, movePeers],
      pause: 'give every client the CA and its certificate, and let it speak https',
    },
    {
      name: 'members speak TLS alone',
      target: 'TLS alone',
      steps: [...files, etcdctl, start, rollingRestart],
    },
  ]),
})
