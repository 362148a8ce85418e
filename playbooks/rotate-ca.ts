import {
  caStages,
  certificates,
  configuration,
  definePlaybook,
  previousFiles,
  rollingRestart,
  start,
  type CaStage,
} from 'etcd-deploy'

const roll = [previousFiles, certificates, start, rollingRestart]
const leaves = [previousFiles, certificates, start]

const trustBoth: CaStage = {
  name: 'members trust the old and the new CA',
  target: 'trust both',
  steps: roll,
  pause: 'give every client the new bundle of CAs',
}
const newLeaves: CaStage = {
  name: 'certificates of the new CA',
  target: 'issue from the new',
  steps: leaves,
  pause: 'give every client a certificate of the new CA',
}
const trustNew: CaStage = { name: 'members trust the new CA alone', target: 'trust the new', steps: roll }

/** A new CA without downtime: etcd reads whom it trusts at its start only, and certificates at every handshake. */
export const rotateCa = definePlaybook({
  name: 'rotate-certs --ca',
  stages: caStages([trustBoth, newLeaves, trustNew]),
})

const newAtOnce: CaStage = {
  name: 'certificates of a new CA in place of the expired one',
  target: 'issue from the new',
  steps: [previousFiles, certificates, configuration, start, rollingRestart],
  pause: 'give every client the new bundle of CAs and a certificate of the new CA',
}

/** Once the CA has expired no new connection succeeds, so that there is no way without downtime: new certificates, and all restart at once. */
export const replaceExpiredCa = definePlaybook({
  name: 'rotate-certs --ca',
  stages: caStages([newAtOnce, trustNew]),
})

const oldLeaves: CaStage = { name: 'certificates of the old CA', target: 'trust both', steps: leaves }
const trustOld: CaStage = { name: 'members trust the old CA alone', target: 'trust the old', steps: roll }

/** The way back, until members have ceased to trust the old CA. `handedOut`: clients have certificates of the new one by now. */
export function abortCa({ handedOut }: { handedOut: boolean }) {
  const pause = 'give every client a certificate of the old CA again'
  return definePlaybook({
    name: 'rotate-certs --ca',
    stages: caStages([handedOut ? { ...oldLeaves, pause } : oldLeaves, trustOld]),
  })
}
