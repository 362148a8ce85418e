import {
  accounts,
  addMember,
  binaries,
  certificates,
  configuration,
  definePlaybook,
  directories,
  etcdctl,
  joinStages,
  previousFiles,
  promote,
  rememberFormed,
  replaced,
  setFormerDataAside,
  startJoiner,
  type Playbook,
} from 'etcd-deploy'

const joining = joinStages([
  {
    name: 'its host is ready',
    brings: 'files',
    steps: [setFormerDataAside, accounts, directories, binaries, previousFiles, certificates, configuration],
  },
  { name: 'it is in the cluster', brings: 'a member', steps: [addMember, startJoiner] },
  { name: 'it has caught up and votes', brings: 'a voter', steps: [promote] },
  { name: 'every member names it', brings: 'its name to all', steps: [rememberFormed, etcdctl, configuration] },
])

/** A node that is newly in the inventory: a learner first, so that it costs no vote until it has what the others have. */
export const memberAdd = definePlaybook({ name: 'member add', stages: joining })

/** A dead or wiped member leaves before it comes back as a new one: started on an empty directory it would break its promises. */
export function memberReplace({ id }: { id: string }): Playbook {
  return definePlaybook({ name: 'member replace', stages: replaced(id, joining) })
}
