import { expect, test } from 'vitest'
import { readAsked } from '../../../src/status/ask-cluster.ts'

/** As the script prints it: every line with the question's name before it, in any order, warnings among them. */
function printed(answers: Record<string, string>): string {
  return Object.entries(answers)
    .flatMap(([name, text]) => text.split('\n').map((line) => `${name} ${line}`))
    .join('\n')
}

const url = 'https://10.0.0.3:2379'
const status =
  '[{"Endpoint":"https://10.0.0.3:2379","Status":{"header":{"cluster_id":1,"member_id":18446744073709551615,"revision":3},"version":"3.5.30","leader":2,"raftTerm":4}}]'

test('alarms of members whose ids no double can hold', () => {
  const alarms = '{"header":{"cluster_id":1},"alarms":[{"memberID":18446744073709551615,"alarm":1}]}'
  const asked = readAsked('node1', [], printed({ alarms: `WARNING: ETCDCTL_API is set\n${alarms}` }))
  expect(asked).toMatchObject({ through: 'node1', alarms: [{ memberId: 'ffffffffffffffff', kind: 'NOSPACE' }] })
})

test('no alarm is something else than no answer', () => {
  expect(readAsked('node1', [], printed({ alarms: '{"header":{"cluster_id":1}}' })).alarms).toEqual([])
  expect(readAsked('node1', [], printed({ alarms: 'Error: context deadline exceeded' })).alarms).toBeUndefined()
})

test('members that were asked from elsewhere, each by its own URL', () => {
  const other = 'https://10.0.0.4:2379'
  const { others } = readAsked(
    'node1',
    [url, other],
    printed({
      'health-1': `${other} is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster`,
      'status-0': status,
      'health-0': `${url} is healthy: successfully committed proposal: took = 2ms`,
      'status-1': 'Error: context deadline exceeded',
    }),
  )
  expect(others.get(url)).toMatchObject({ healthy: true, status: { memberId: 'ffffffffffffffff', version: '3.5.30' } })
  expect(others.get(other)).toEqual({ healthy: false, status: undefined })
})
