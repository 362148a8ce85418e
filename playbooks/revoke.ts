import { certificates, definePlaybook, stage } from 'etcd-deploy'

/** Brings the revocation list to every member: etcd reads it at every connection, so nobody restarts. */
export default definePlaybook({ name: 'certs revoke', stages: [stage('revocation lists', [certificates])] })
