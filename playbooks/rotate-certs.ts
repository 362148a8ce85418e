import { certificates, definePlaybook, previousFiles, stage, start } from 'etcd-deploy'

/** New leaves under etcd's feet: it reads them at every handshake, so nobody restarts. Members that wait for them are waited for. */
export default definePlaybook({
  name: 'rotate-certs',
  stages: [stage('new certificates', [previousFiles, certificates, start])],
})
