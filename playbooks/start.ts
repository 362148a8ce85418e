import { definePlaybook, stage, start } from 'etcd-deploy'

/** Starts members as they were written last, all at once, and waits until each serves. */
export default definePlaybook({ name: 'start', stages: [stage('started', [start])] })
