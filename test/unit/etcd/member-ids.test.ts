import { expect, test } from 'vitest'

import { idsOfNewCluster } from '../../../src/etcd/member-ids.ts'

/** What etcd 3.7.3 made of this token and these addresses, as `member list -w json` told it: in decimal there. */
test('the ids of a new cluster are those that etcd makes', () => {
  const urls = ['https://10.213.96.11:2380', 'https://10.213.96.12:2380', 'https://10.213.96.13:2380']
  expect(idsOfNewCluster(urls, '318f360f459bbecbc3384c7ca36385d6')).toEqual({
    clusterId: 5378675933648704311n.toString(16),
    members: [10748419541595439922n, 13359632406063565035n, 5219205348893536917n].map((id) => id.toString(16)),
  })
})

test('ids are numbers: one that begins with zeros is told without them', () => {
  const tokens = Array.from({ length: 200 }, (_, index) => `token-${index}`)
  const short = tokens.map((token) => idsOfNewCluster(['http://10.0.0.1:2380'], token).members[0] ?? '')
  expect(short.some((id) => id.length < 16)).toBe(true)
  expect(short.every((id) => /^[1-9a-f][0-9a-f]*$/.test(id))).toBe(true)
})
