/** Under these a record is found again: by the command that goes on, and by those that work beside it. */
export const operationNames = {
  changeIp: 'change-ip',
  memberAdd: 'member add',
  memberRemove: 'member remove',
  memberReplace: 'member replace',
  rotateCa: 'rotate-certs --ca',
  tlsEnable: 'tls enable',
} as const
