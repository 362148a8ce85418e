import { testSeed } from '../../instruments/seeded.ts'

/** Half a minute or more each: in the gate they take turns, a seventeenth of them a run; all with FULL. */
const long = [
  'rotations by version',
  'CA rotation taken back',
  'rotations killed',
  'tls enable killed',
  'everything expired',
  'revocation amid trouble',
  'tls enable by version',
  'imported CA',
  'rotation amid trouble',
  'change-ip',
  'change-ip killed',
  'change-ip amid trouble',
  'all addresses gone',
  'change-ip by version',
  'members',
  'members killed',
  'members amid trouble',
  'members by version',
  'member removed',
  'a cluster that rests',
  'exec and logs',
  'status --watch',
  'init',
  'paths of older guides',
  "a playbook of one's own",
  'two clusters',
  'OpenSSH',
  'docs: every day',
  'docs: certificates',
  'docs: members',
  'faults of hosts',
  'faults of networks',
  'faults of disks',
  'faults of data',
] as const

const groups = 17

export function hasTurn(name: (typeof long)[number]): boolean {
  return process.env['FULL'] === '1' || (long.indexOf(name) + testSeed()) % groups === 0
}
