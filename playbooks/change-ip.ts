import {
  accounts,
  addressStages,
  certificates,
  configuration,
  copyAside,
  definePlaybook,
  directories,
  etcdctl,
  movePeers,
  previousFiles,
  start,
  tellMoved,
  translateFormer,
  translateNoMore,
  type AddressStage,
  type Playbook,
} from 'etcd-deploy'

const files = [accounts, directories, previousFiles, certificates]

const first: AddressStage = {
  name: 'certificates name the old and the new address',
  target: 'certificates name both',
  steps: files,
}

const last: AddressStage = {
  name: 'nothing names the old address',
  target: 'nothing names the old',
  steps: [previousFiles, certificates, etcdctl, configuration],
}

/** Members go to new addresses, one after the other, while the others serve. */
export const changeIp = definePlaybook({
  name: 'change-ip',
  stages: addressStages([
    first,
    {
      name: 'members are at their new addresses',
      target: 'at the new address',
      steps: [...files, tellMoved, configuration, start, movePeers],
    },
    last,
  ]),
})

/** The addresses at which members know each other are gone, and with them the quorum that could be told of new ones. */
export function recoverAddresses({ copy }: { copy: string }): Playbook {
  return definePlaybook({
    name: 'change-ip',
    stages: addressStages([
      first,
      {
        name: 'members find each other under their old addresses',
        target: 'find each other',
        steps: [...files, translateFormer, copyAside(copy), configuration, start],
      },
      { name: 'etcd knows the new addresses', target: 'known at the new address', steps: [tellMoved] },
      { name: 'the old addresses lead nowhere', target: 'no translation', steps: [translateNoMore] },
      last,
    ]),
  })
}
