import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectUnharmed } from '../instruments/expect-unharmed.ts'
import { startRecorder } from '../instruments/recorder.ts'
import { otherAddress, setAddresses } from '../lab/addresses.ts'
import { hostOutput, labHost, labReset, labUp, onHost, stateFiles, type NodeName } from '../lab/lab.ts'
import { clientsAt, clientsOf, expectHealthy } from './support/cluster.ts'
import { newSite, type Site } from './support/site.ts'
import { eventsOf, expectDone, summaryOf, wordsOf } from './support/told.ts'
import { hasTurn } from './support/turn.ts'

const hosts: NodeName[] = ['node1', 'node2', 'node3']
const inTurn = hasTurn('change-ip')
let site: Site

beforeAll(async () => {
  await labReset(hosts)
  site = await newSite({ nodes: hosts })
  await expectDone(site.run('up'))
})

afterAll(async () => {
  site.remove()
  await labReset(hosts)
})

test('refused before anything is written: taken, absent, unknown, and what is no address', async () => {
  const source = readFileSync(site.file, 'utf8')
  const refusals: [string[], number, RegExp][] = [
    [['node1', labHost('node2').address], 3, /is node2's/],
    [['node1', '10.213.96.200'], 3, /does not have the address 10\.213\.96\.200/],
    [['nod1', '10.213.96.200'], 2, /did you mean node1/],
    [['node1', '10.213.96.999'], 2, /not an IPv4 address/],
    [['--map', '10.9.9.9=10.9.9.8'], 2, /no member is at 10\.9\.9\.9/],
  ]
  for (const [args, code, words] of refusals) {
    const run = await site.run(['change-ip', ...args, '--yes'])
    expect(run.code, run.stdout).toBe(code)
    expect(wordsOf(run)).toMatch(words)
    expect(eventsOf(run, 'change-begin')).toEqual([])
  }
  expect(readFileSync(site.file, 'utf8')).toBe(source)
})

test.runIf(inTurn)(
  'up that meets an address edited by hand prints the line to run, and that line moves the member',
  async () => {
    const [old, other] = [labHost('node2').address, otherAddress('node2')]
    await setAddresses('node2', [old, other])
    const source = readFileSync(site.file, 'utf8')
    writeFileSync(site.file, source.replace(old, other))
    // At an address that known_hosts does not have yet.
    const up = await site.run(['up', '--accept-new-host-keys'])
    expect(up.code, up.stdout).toBe(3)
    const line = new RegExp(`etcd-deploy (change-ip node2 ${other})$`, 'm').exec(wordsOf(up))?.[1]
    expect(line, wordsOf(up)).toBeDefined()
    const run = await site.run([...(line ?? '').split(' '), '--yes', '--no-snapshot'])
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(await peerUrls()).toContain(`https://${other}:2380`)
    const back = await site.run(['change-ip', 'node2', old, '--yes', '--no-snapshot'])
    expect(back.code, back.stdout).toBe(0)
    expect(readFileSync(site.file, 'utf8')).toBe(source)
  },
)

test.runIf(inTurn)(
  'an address that code computes is not guessed at: the edit is printed, and the operation stays open until it is made',
  async () => {
    const [old, other] = [labHost('node1').address, otherAddress('node1')]
    await setAddresses('node1', [old, other])
    const source = readFileSync(site.file, 'utf8')
    writeFileSync(site.file, source.replace(`"${old}"`, `process.env['NODE1'] ?? "${old}"`))
    const computed = readFileSync(site.file, 'utf8')
    const run = await site.run(['change-ip', 'node1', other, '--yes', '--no-snapshot'])
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect(run.stdout).toContain(`nodes.node1.address: '${other}' (now '${old}')`)
    expect(await peerUrls()).toContain(`https://${other}:2380`)
    expect(readFileSync(site.file, 'utf8')).toBe(computed)
    const up = await site.run('up')
    expect(up.code).toBe(3)
    expect(wordsOf(up)).toMatch(/change-ip was begun and not finished/)
    expect((await site.run('status')).stdout).toMatch(/change-ip/)
    const env = { NODE1: other }
    const closed = await site.run('change-ip', { env })
    expect(closed.code, closed.stdout).toBe(0)
    const after = await site.run('up', { env })
    expect(after.code, after.stdout).toBe(0)
    expect(summaryOf(after)).toMatchObject({ changed: [], restarted: [] })
    const back = await site.run(['change-ip', 'node1', old, '--yes', '--no-snapshot'], { env })
    expect(back.code, back.stdout).toBe(0)
    writeFileSync(site.file, source)
    expect((await site.run('change-ip')).code).toBe(0)
    expect((await site.run('up')).code).toBe(0)
  },
)

test.runIf(inTurn)('to a DNS name and back; its host is reached by an address of its own', async () => {
  const { address, sshPort = 22 } = labHost('node3')
  const name = 'etcd3.lab.test'
  await Promise.all(hosts.map((host) => hostOutput(host, `echo '${address} ${name}' >>/etc/hosts`)))
  const { nodes } = site.inventory
  site.edit({ nodes: { ...nodes, node3: { address, ssh: { host: '127.0.0.1', port: sshPort } } } })
  const run = await site.run(['change-ip', 'node3', name, '--yes', '--no-snapshot'])
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(await peerUrls()).toContain(`https://${name}:2380`)
  await expectHealthy('node1')
  expect(await hostOutput('node3', 'cat /proc/$(pidof etcd)/environ')).toContain(
    'LISTEN_PEER_URLS=https://0.0.0.0:2380',
  )
  const up = await site.run('up')
  expect(summaryOf(up)).toMatchObject({ changed: [], restarted: [] })
  const back = await site.run(['change-ip', 'node3', address, '--yes', '--no-snapshot'])
  expect(back.code, back.stdout + back.stderr).toBe(0)
  expect(await peerUrls()).toContain(`https://${address}:2380`)
  site.edit({ nodes })
  expect((await site.run('up')).code).toBe(0)
})

test.runIf(inTurn)('a host that answers at the new address with another key is not the member', async () => {
  await labUp({ hosts: 4 })
  const [old, other, stranger] = [labHost('node2').address, otherAddress('node2'), labHost('node4').address]
  const known = join(site.folder, 'known_hosts')
  const lines = readFileSync(stateFiles.knownHosts, 'utf8').split('\n')
  writeFileSync(known, lines.filter((line) => !line.split(' ')[0]?.split(',').includes(stranger)).join('\n'))
  const { ssh = {} } = site.inventory
  site.edit({ ssh: { ...ssh, knownHosts: known } })
  const source = readFileSync(site.file, 'utf8')
  await setAddresses('node2', [other])
  const run = await site.run(['change-ip', 'node2', stranger, '--yes'])
  await setAddresses('node2', [old, other])
  expect(run.code, run.stdout).toBe(3)
  expect(wordsOf(run)).toMatch(/the host that answers at .* is not node2: it has another host key/)
  expect(eventsOf(run, 'change-begin')).toEqual([])
  expect(readFileSync(site.file, 'utf8')).toBe(source)
  site.edit({ ssh })
})

test('one member, whose host has the new address beside the old: no write fails, the inventory says it', async () => {
  const [old, other] = [labHost('node2').address, otherAddress('node2')]
  await setAddresses('node2', [old, other])
  const source = readFileSync(site.file, 'utf8')
  const recorder = await startRecorder(await clientsOf(site))
  const run = await site.run(['change-ip', 'node2', other, '--yes'])
  recorder.use(await clientsAt(site, { node2: other }))
  const report = await recorder.stop()
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expectUnharmed(report)
  expect(summaryOf(run).restarted).toEqual(['node2'])
  expect(readFileSync(site.file, 'utf8')).toBe(source.replace(old, other))
  expect(await peerUrls()).toContain(`https://${other}:2380`)
  const again = await site.run(['change-ip', 'node2', other])
  expect(again.code, again.stdout).toBe(0)
  expect(summaryOf(again).changed).toEqual([])
})

test.runIf(inTurn)(
  'once the host has lost the old address, up takes it out of the certificates, without a restart',
  async () => {
    const old = labHost('node2').address
    await setAddresses('node2', [otherAddress('node2')])
    // Its open connections came from an address that is no more, which TCP would notice after a minute or more.
    await hostOutput('node2', 'systemctl restart etcd')
    const run = await site.run('up')
    expect(run.code, run.stdout).toBe(0)
    expect(summaryOf(run).restarted).toEqual([])
    expect(await namings(old)).toEqual([])
  },
)

test.runIf(inTurn)('one whose old address is gone already: through the others', async () => {
  const [old, other] = [labHost('node3').address, otherAddress('node3')]
  await setAddresses('node3', [other])
  const recorder = await startRecorder(await clientsAt(site, { node2: otherAddress('node2'), node3: undefined }))
  const run = await site.run(['change-ip', 'node3', other, '--yes', '--no-snapshot'])
  recorder.use(await clientsAt(site, { node2: otherAddress('node2'), node3: other }))
  const report = await recorder.stop()
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expectUnharmed(report)
  await expectHealthy('node1')
  expect(await namings(old)).toEqual([])
  expect(readFileSync(site.file, 'utf8')).not.toContain(`"${old}"`)
})

test.runIf(inTurn)(
  'all addresses gone at once: the members come together at the new ones with their data',
  { timeout: 300_000 },
  async () => {
    await hostOutput('node1', 'etcdctl put kept yes')
    const before: Record<string, string> = {
      node1: labHost('node1').address,
      node2: otherAddress('node2'),
      node3: otherAddress('node3'),
    }
    const after: Record<string, string> = {
      node1: otherAddress('node1'),
      node2: labHost('node2').address,
      node3: labHost('node3').address,
    }
    await Promise.all(hosts.map((host) => setAddresses(host, [after[host] ?? ''])))
    const map = join(site.folder, 'new-subnet.txt')
    writeFileSync(
      map,
      `# the new subnet\r\n${hosts.map((host) => `${before[host]} = ${after[host]}`).join('\r\n')}\r\n`,
    )
    const begun = performance.now()
    const run = await site.run(['change-ip', '--map', map, '--yes'])
    console.log(`without quorum until ${((performance.now() - begun) / 1000).toFixed(1)} s after the command began`)
    expect(run.code, run.stdout + run.stderr).toBe(0)
    await expectHealthy('node1')
    expect(await hostOutput('node2', 'etcdctl get kept --print-value-only')).toBe('yes\n')
    const hashes = JSON.parse(await hostOutput('node1', 'etcdctl endpoint hashkv --cluster -w json')) as {
      HashKV: { hash: number }
    }[]
    expect(new Set(hashes.map(({ HashKV }) => HashKV.hash)).size).toBe(1)
    for (const address of Object.values(before)) expect(await namings(address)).toEqual([])
    for (const host of hosts) {
      expect(await hostOutput(host, 'iptables -t nat -S')).not.toContain('etcd-deploy')
      expect(await hostOutput(host, 'ls /var/lib/etcd')).toMatch(/member\.before-change-ip-/)
    }
    const status = await site.run('status')
    expect(status.code, status.stdout).toBe(0)
  },
)

async function peerUrls(): Promise<string> {
  return hostOutput('node1', 'etcdctl member list')
}

/** Where an address is still named: files, certificates, running processes, etcd's list. */
async function namings(address: string): Promise<string[]> {
  const word = address.replaceAll('.', '\\.')
  const look = `
    grep -rlE '(^|[^0-9.])${word}([^0-9.]|$)' /etc/etcd /etc/etcd-admin /etc/systemd/system /usr/local/bin/etcdctl /var/lib/etcd-deploy
    tr '\\0' '\\n' </proc/$(pidof etcd)/environ | grep -v '^ETCD_INITIAL_' | grep -E '${word}([^0-9]|$)'
    etcdctl member list | grep -E '${word}([^0-9]|$)'`
  const found = await Promise.all(
    hosts.map(async (host) =>
      (await onHost(host, look)).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${host}: ${line}`),
    ),
  )
  return [...found.flat(), ...(await certifiedFor(address))]
}

async function certifiedFor(address: string): Promise<string[]> {
  const { X509Certificate } = await import('node:crypto')
  const paths = ['server', 'peer'].flatMap((kind) => hosts.map((host) => ({ host, path: `/etc/etcd/tls/${kind}.crt` })))
  const found = await Promise.all(
    paths.map(async ({ host, path }) => {
      const { subjectAltName = '' } = new X509Certificate(await hostOutput(host, `cat ${path}`))
      return subjectAltName.split(', ').includes(`IP Address:${address}`) ? [`${host}: ${path}`] : []
    }),
  )
  return found.flat()
}
