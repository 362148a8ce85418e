import { describe, expect, test } from 'vitest'
import { minimal, refusals, resolved, withNode } from './samples.ts'

const node = (parts: Record<string, unknown>) => withNode({ address: '10.0.0.2', ...parts })

describe('unknown keys, with the nearest right word', () => {
  test.each<[string, unknown, string]>([
    ['at the top', minimal({ verison: '3.6.16' }), 'verison: unknown key; did you mean version?'],
    ['deep in a node', node({ ssh: { prot: 22 } }), 'nodes.node2.ssh.prot: unknown key; did you mean port?'],
    ['of a node', node({ adress: '10.0.0.9' }), 'nodes.node2.adress: unknown key; did you mean address?'],
    ['in tls', minimal({ tls: { leafdays: 30 } }), 'tls.leafdays: unknown key; did you mean leafDays?'],
    [
      'of a client',
      minimal({ tls: { clients: { a: { cn: 'a', organisation: 'x' } } } }),
      'tls.clients.a.organisation: unknown key; did you mean organization?',
    ],
    [
      'in timeouts',
      minimal({ ssh: { timeouts: { conect: 5 } } }),
      'ssh.timeouts.conect: unknown key; did you mean connect?',
    ],
    [
      'of binaries',
      minimal({ binaries: { miror: 'https://a/{file}' } }),
      'binaries.miror: unknown key; did you mean mirror?',
    ],
    [
      'of one architecture',
      minimal({ binaries: { amd64: { foldr: './x' } } }),
      'binaries.amd64.foldr: unknown key; did you mean folder?',
    ],
    [
      'an architecture',
      minimal({ binaries: { amd46: 'official' } }),
      'binaries.amd46: unknown key; did you mean amd64?',
    ],
    ['of a secret', minimal({ ssh: { password: { evn: 'PW' } } }), 'ssh.password.evn: unknown key; did you mean env?'],
    [
      'of a jump host in a list',
      minimal({ ssh: { jump: [{ host: 'b', usr: 'x' }] } }),
      'ssh.jump[0].usr: unknown key; did you mean user?',
    ],
    ['right elsewhere', minimal({ data: '/data' }), 'data: unknown key here; there is paths.data'],
    [
      'of where the passphrase of the CA key comes from',
      minimal({ tls: { pki: { passphrase: { flie: 'p' } } } }),
      'tls.pki.passphrase.flie: unknown key; did you mean file?',
    ],
    ['the folder of the CA', minimal({ pki: { dir: 'pki' } }), 'pki: unknown key here; there is tls.pki'],
    [
      'quoted where odd',
      minimal({ 'a\nb': 1 }),
      '["a\\nb"]: unknown key; there are cluster, version, nodes, ssh, binaries, settings, tls, paths, service',
    ],
    [
      'one node’s concurrency',
      node({ ssh: { concurrency: 3 } }),
      'nodes.node2.ssh.concurrency: it is about all hosts: say it in ssh.concurrency',
    ],
    [
      'a jump’s sudo',
      minimal({ ssh: { jump: { host: 'b', sudo: true } } }),
      'ssh.jump.sudo: a jump host only passes connections on: it belongs to the host behind it',
    ],
  ])('%s', (_, raw, message) => {
    expect(refusals(raw)).toEqual([message])
  })
})

describe('bad values', () => {
  test.each<[string, unknown, string]>([
    [
      'no record',
      7,
      "the inventory: is a number; write a record in braces, for example { cluster: 'prod', version: '3.6.16', nodes: { node1: { address: '10.0.0.1' } } }",
    ],
    [
      'null',
      null,
      "the inventory: is null; write a record in braces, for example { cluster: 'prod', version: '3.6.16', nodes: { node1: { address: '10.0.0.1' } } }",
    ],
    ['no nodes', minimal({ nodes: {} }), 'nodes: is empty: a cluster has at least one member'],
    [
      'a list of nodes',
      minimal({ nodes: ['10.0.0.1'] }),
      "nodes: is a list in brackets; write a record in braces, for example { node1: { address: '10.0.0.1' } }",
    ],
    [
      'a node that is a string',
      withNode('10.0.0.2'),
      "nodes.node2: is text in quotes; write a record in braces, for example { address: '10.0.0.1' }",
    ],
    [
      'a node’s name',
      minimal({ nodes: { 'a,b': { address: '10.0.0.1' } } }),
      'nodes["a,b"]: "a,b" has "," in it: letters, digits, . _ - only',
    ],
    [
      'a name like an option',
      minimal({ nodes: { '-a': { address: '10.0.0.1' } } }),
      'nodes.-a: "-a" does not begin with a letter or digit',
    ],
    ['a cluster’s name', minimal({ cluster: '../prod' }), 'cluster: "../prod" does not begin with a letter or digit'],
    [
      'an old version',
      minimal({ version: '3.2.32' }),
      'version: etcd 3.2.32 is older than 3.3, the oldest that is supported; give an exact version, for example 3.6.16',
    ],
    [
      'half a version',
      minimal({ version: '3.6' }),
      'version: "3.6" is not an exact etcd version; give an exact version, for example 3.6.16',
    ],
    [
      'a mode',
      minimal({ tls: { mode: 'mutal' } }),
      'tls.mode: "mutal" is none of mutual, server, off; did you mean mutual?',
    ],
    [
      'whose certificates',
      minimal({ tls: { certificates: 'share' } }),
      'tls.certificates: "share" is none of each, shared; did you mean shared?',
    ],
    [
      'a passphrase in the inventory itself',
      minimal({ tls: { pki: { passphrase: 'correct horse' } } }),
      "tls.pki.passphrase: a secret is never written in an inventory: 'prompt', { env: 'NAME' } or { file: 'path' }",
    ],
    [
      'a key',
      minimal({ tls: { key: 'ecdsa-p265' } }),
      'tls.key: "ecdsa-p265" is none of ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096; did you mean ecdsa-p256?',
    ],
    [
      'a country',
      minimal({ tls: { subject: { country: 'Germany' } } }),
      'tls.subject.country: "Germany" is not a country: two capital letters',
    ],
    ['half a day', minimal({ tls: { leafDays: 0.5 } }), 'tls.leafDays: 0.5 is not a number of days: 1 to 36500, whole'],
    [
      'leaves that outlive the CA',
      minimal({ tls: { leafDays: 400, caYears: 1 } }),
      'tls.leafDays: 400 days are longer than the CA is valid (tls.caYears: 1)',
    ],
    ['port 0', node({ ssh: { port: 0 } }), 'nodes.node2.ssh.port: 0 is not a port: 1 to 65535, whole'],
    [
      'a port in quotes',
      node({ peer: { port: '2380' } }),
      'nodes.node2.peer.port: is text in quotes; write a number, for example 2380',
    ],
    [
      'a number of its own in quotes',
      node({ peer: { port: '12380' } }),
      'nodes.node2.peer.port: is text in quotes; write a number, for example 12380',
    ],
    [
      'a word for a port',
      node({ peer: { port: 'peer' } }),
      'nodes.node2.peer.port: is text in quotes; write a number, for example 2380',
    ],
    [
      'a version without quotes',
      minimal({ version: 3.6 }),
      "version: is a number; write text in quotes, for example '3.6.16'",
    ],
    ['no number', minimal({ tls: { leafDays: NaN } }), 'tls.leafDays: is NaN; write a number, for example 365'],
    [
      'a flag for a word',
      minimal({ tls: { mode: true } }),
      "tls.mode: is true; write one of 'mutual', 'server', 'off', for example 'mutual'",
    ],
    [
      'a map',
      minimal({ nodes: new Map() }),
      "nodes: is a Map; write a record in braces, for example { node1: { address: '10.0.0.1' } }",
    ],
    [
      'one name for a list',
      minimal({ tls: { sans: 'etcd.example.com' } }),
      "tls.sans: is text in quotes; write a list in brackets, for example ['etcd.example.com']",
    ],
    [
      'neither one nor several',
      minimal({ ssh: { key: 5 } }),
      "ssh.key: is a number; write text in quotes or a list in brackets, for example '~/.ssh/id_ed25519'",
    ],
    [
      'an unset variable',
      node({ ssh: { user: undefined } }),
      'nodes.node2.ssh.user: is undefined: is an environment variable not set? Leave the key out where the default is meant',
    ],
    [
      'where binaries come from',
      minimal({ binaries: 'offical' }),
      "binaries: write one of 'official', { mirror }, { file }, { folder }, { installed }, or one for each architecture; did you mean official?",
    ],
    [
      'two places at once',
      minimal({ binaries: { file: './a.tgz', folder: './b' } }),
      "binaries: write one of 'official', { mirror }, { file }, { folder }, { installed }, or one for each architecture",
    ],
    [
      'a mirror without {file}',
      minimal({ binaries: { mirror: 'https://a/etcd' } }),
      'binaries.mirror: has no {file} in it, which stands for the tarball and for SHA256SUMS beside it',
    ],
    [
      'a mirror with a wrong word',
      minimal({ binaries: { mirror: 'https://a/{versoin}/{file}' } }),
      'binaries.mirror: {versoin} is none of {version} and {file}',
    ],
    [
      'a mirror with a password',
      minimal({ binaries: { mirror: 'https://u:p@a/{file}' } }),
      'binaries.mirror: has a user or password in it: secrets are never written in an inventory',
    ],
    [
      'a checksum',
      minimal({ binaries: { file: 'x.tgz', sha256: 'abc' } }),
      'binaries.sha256: is not a SHA-256: 64 hex digits',
    ],
    [
      'a time limit',
      minimal({ ssh: { timeouts: { start: '5 minutes' } } }),
      "ssh.timeouts.start: \"5 minutes\" is no duration: a number of milliseconds, or with units as in '90s', '1m30s'",
    ],
    ['a unit’s name', minimal({ service: { name: 'etcd.service' } }), 'service.name: write "etcd": .service is added'],
    [
      'a user',
      minimal({ service: { user: 'Etcd User' } }),
      'service.user: "Etcd User" is not a name for a user or group: lower case letters, digits, _ - (at most 32, no digit first)',
    ],
    [
      'a section in a drop-in',
      minimal({ service: { dropIn: ['[Unit]'] } }),
      'service.dropIn[0]: "[Unit]" begins a section: lines of [Service] only',
    ],
    [
      'two lines in one',
      minimal({ service: { dropIn: ['CPUWeight=1\nUser=root'] } }),
      'service.dropIn[0]: one line each: no line breaks or control characters',
    ],
    [
      'the user in a drop-in',
      minimal({ service: { dropIn: ['User=root'] } }),
      "service.dropIn[0]: User is of the tool's own making: say it in service.user and service.group",
    ],
    [
      'a flag in a drop-in',
      minimal({ service: { dropIn: ['Environment="ETCD_LOG_LEVEL=debug"'] } }),
      'service.dropIn[0]: settings is the place for flags: etcd refuses to start where one is said twice',
    ],
  ])('%s', (_, raw, message) => {
    expect(refusals(raw)).toEqual([message])
  })
})

describe('addresses', () => {
  const address = (text: string) => refusals(withNode({ address: text }))
  test.each([
    ['10.0.0.300', '"10.0.0.300" is not an IPv4 address'],
    ['10.0.0', '"10.0.0" is not an IPv4 address'],
    ['fd00::zz', '"fd00::zz" is not an IPv6 address'],
    ['[fd00::2]', 'write fd00::2 without the brackets'],
    ['10.0.0.2:2380', '"10.0.0.2:2380" has a port: it has a key of its own, port'],
    ['https://10.0.0.2', '"https://10.0.0.2" is a URL: write the address alone'],
    ['10.0.0.0/24', '"10.0.0.0/24" has a slash: write the address alone'],
    ['fe80::2', 'fe80::2 is link-local: it means another host on every interface'],
    ['::ffff:10.0.0.2', "::ffff:10.0.0.2 is an IPv4 address in IPv6's clothes: write 10.0.0.2"],
    ['0.0.0.0', '0.0.0.0 is an address to listen on, not one to reach a member by'],
    ['node_2.example.com', '"node_2.example.com" is neither an address nor a DNS name'],
    ['-rf', '"-rf" is neither an address nor a DNS name'],
    ['', 'is empty'],
  ])('%s', (text, reason) => {
    expect(address(text)).toEqual([`nodes.node2.address: ${reason}`])
  })

  test('are needed', () => {
    expect(refusals(withNode({}))).toEqual([
      'nodes.node2.address: is missing: an address or DNS name (or peer.address and client.address)',
    ])
    expect(refusals(withNode({ peer: { address: '10.1.0.2' } }))).toEqual([
      'nodes.node2.client.address: is missing, and there is no address for the node as a whole',
    ])
  })

  test('to listen on are no names', () => {
    expect(refusals(node({ peer: { listen: 'node2' } }))).toEqual([
      'nodes.node2.peer.listen: "node2" is a name; etcd listens on addresses only (0.0.0.0 or :: for all)',
    ])
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['the same', { address: '10.0.0.1' }, "nodes.node2.address: 10.0.0.1 port 2380 is node1's already"],
    [
      'the same for peers',
      { address: '10.0.0.2', peer: { address: '10.0.0.1' } },
      "nodes.node2.peer.address: 10.0.0.1 port 2380 is node1's already",
    ],
    [
      'a peer where another has clients',
      { address: '10.0.0.2', peer: { address: '10.0.0.1', port: 2379 }, client: { port: 2381 } },
      "nodes.node2.peer.address: 10.0.0.1 port 2379 is node1's already",
    ],
  ])('of two members: %s', (_, node2, message) => {
    expect(refusals(withNode(node2))).toEqual([message])
  })

  test('of two members, written differently', () => {
    const nodes = {
      a: { address: 'fd00:0:0::1' },
      b: { address: 'FD00::1' },
      c: { address: 'Etcd.example.com.' },
      d: { address: 'etcd.example.com' },
    }
    expect(refusals(minimal({ nodes }))).toEqual([
      "nodes.b.address: fd00::1 port 2380 is a's already",
      "nodes.d.address: etcd.example.com port 2380 is c's already",
    ])
  })

  test('may be the same at other ports, on other hosts', () => {
    const shared = { address: '192.0.2.1', peer: { port: 3380 }, client: { port: 3379 }, ssh: { port: 2022 } }
    expect(refusals(withNode(shared))).toEqual([])
  })

  test('one host holds one member', () => {
    const ssh = { host: '203.0.113.9' }
    expect(refusals(minimal({ ssh }))).toEqual([
      "nodes.node2.ssh: is the same sshd as node1's (203.0.113.9, port 22): each member needs a host of its own",
      "nodes.node3.ssh: is the same sshd as node1's (203.0.113.9, port 22): each member needs a host of its own",
    ])
    const behind = (jump: string, address: string) => ({ address, ssh: { jump, host: '192.168.0.1' } })
    expect(refusals(minimal({ nodes: { a: behind('one', '10.0.0.1'), b: behind('two', '10.0.0.2') } }))).toEqual([])
  })

  test('peer and client port differ', () => {
    expect(refusals(node({ client: { port: 2380 } }))).toEqual([
      "nodes.node2.client.port: 2380 is this member's peer port: they must differ",
    ])
    expect(refusals(node({ peer: { port: 2379 } }))).toEqual([
      "nodes.node2.peer.port: 2379 is this member's client port: they must differ",
    ])
  })

  test('names that differ in case only', () => {
    expect(refusals(minimal({ nodes: { node1: { address: '10.0.0.1' }, Node1: { address: '10.0.0.2' } } }))).toEqual([
      'nodes.Node1: differs from node1 in upper and lower case only: not every file system tells them apart',
    ])
  })
})

describe('secrets', () => {
  const reason = "a secret is never written in an inventory: 'prompt', { env: 'NAME' } or { file: 'path' }"
  test.each(['password', 'passphrase'])('a literal %s is refused and not shown', (key) => {
    expect(refusals(minimal({ ssh: { [key]: 'hunter2' } }))).toEqual([`ssh.${key}: ${reason}`])
  })

  test('a literal sudo password is refused and not shown', () => {
    expect(refusals(node({ ssh: { sudo: { password: 'hunter2' } } }))).toEqual([
      `nodes.node2.ssh.sudo.password: ${reason}`,
    ])
  })

  test('neither is a private key', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n'
    expect(refusals(minimal({ ssh: { key } }))).toEqual(['ssh.key: holds a key itself: name its file'])
  })
})

describe('ssh', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'the user before the host',
      { host: 'deploy@10.0.0.9' },
      'ssh.host: the user goes into ssh.user, not before the host',
    ],
    ['a host like an option', { host: '-oProxyCommand=x' }, 'ssh.host: "-oProxyCommand=x" is not a host name'],
    ['a user like an option', { user: '-l' }, 'ssh.user: "-l" is not a login name'],
    ['the public key', { key: '~/.ssh/id_ed25519.pub' }, 'ssh.key: is the public half: name the private key'],
    [
      'another’s home',
      { key: ['~bob/.ssh/id_rsa'] },
      'ssh.key[0]: "~bob/.ssh/id_rsa": only your own home (~/) is known here',
    ],
    ['hops with commas', { jump: 'a,b' }, 'ssh.jump: write several hops as a list, the nearest first'],
    ['a jump’s port', { jump: 'a:70000' }, 'ssh.jump: 70000 is not a port: 1 to 65535'],
    [
      'a jump without a host',
      { jump: { user: 'a' } },
      "ssh.jump.host: is missing: text in quotes, for example 'bastion.example.com'",
    ],
    ['sudo', { sudo: 'yes' }, 'ssh.sudo: write true, false or { password }'],
  ])('%s', (_, ssh, message) => {
    const raw = message.startsWith('ssh.host')
      ? minimal({ ssh, nodes: { node1: { address: '10.0.0.1' } } })
      : minimal({ ssh })
    expect(refusals(raw)).toEqual([message])
  })
})

describe('paths on the hosts', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['relative', { data: 'data' }, 'paths.data: "data" is not absolute: paths on the hosts begin with /'],
    [
      'a space',
      { data: '/var/lib/etcd data' },
      'paths.data: "/var/lib/etcd data" has a space in it, which systemd would misread: letters, digits, . _ - + @ only',
    ],
    [
      'a specifier',
      { wal: '/wal/%i' },
      'paths.wal: "/wal/%i" has "%" in it, which systemd would misread: letters, digits, . _ - + @ only',
    ],
    [
      'a command',
      { config: '/etc/$(reboot)' },
      'paths.config: "/etc/$(reboot)" has "$" in it, which systemd would misread: letters, digits, . _ - + @ only',
    ],
    [
      'upwards',
      { data: '/var/lib/../etcd' },
      'paths.data: "/var/lib/../etcd" has . or .. in it: write the path that is meant',
    ],
    ['the root', { data: '//' }, 'paths.data: the root directory can not be given to etcd'],
    [
      'the system’s',
      { data: '/var/lib/' },
      "paths.data: /var/lib belongs to the system: name a folder in it that is etcd's own",
    ],
    ['gone at boot', { data: '/tmp/etcd' }, 'paths.data: /tmp does not outlive a boot: the member would lose its data'],
    [
      'hidden by ProtectHome',
      { wal: '/home/etcd/wal' },
      'paths.wal: a service does not see what is in /home (ProtectHome): name a folder elsewhere, as /var/lib/etcd',
    ],
    [
      'twice the same',
      { data: '/srv/etcd', wal: '/srv/etcd/' },
      'paths.wal: /srv/etcd is paths.data too: each needs a folder of its own',
    ],
    [
      'one in the other',
      { wal: '/var/lib/etcd/member/wal' },
      'paths.wal: /var/lib/etcd/member/wal lies in paths.data (/var/lib/etcd)',
    ],
    ['data in config', { data: '/etc/etcd/data' }, 'paths.data: /etc/etcd/data lies in paths.config (/etc/etcd)'],
    [
      'where our own state is',
      { data: '/var/lib/etcd-deploy/data' },
      "paths.data: /var/lib/etcd-deploy holds this tool's own files",
    ],
    [
      'where the wrapper is',
      { bin: '/usr/local/bin' },
      'paths.bin: /usr/local/bin/etcdctl is the wrapper that finds endpoints and certificate; etcd itself has to lie elsewhere, as in /opt/etcd/bin',
    ],
  ])('%s', (_, paths, message) => {
    expect(refusals(minimal({ paths }))).toEqual([message])
  })

  test.each<[string, unknown, string]>([
    ['another folder', '/srv/data', ''],
    ['a slip', '/opt/ectd', '; did you mean /opt/etcd?'],
    ['a slash too many', '/opt/etcd/', '; did you mean /opt/etcd?'],
    ['a word cut short', '/usr/local/etc', '; did you mean /usr/local/etcd?'],
    ['a number', 7, ''],
  ])('all below one folder, but %s', (_, paths, hint) => {
    expect(refusals(minimal({ paths }))).toEqual([
      `paths: write '/opt/etcd' or '/usr/local/etcd', below which all lies then, or { bin, config, data, wal }${hint}`,
    ])
  })

  test('the wrapper does not lie among what is all below /usr/local/etcd', () => {
    expect(refusals(minimal({ paths: '/usr/local/etcd' }))).toEqual([])
  })

  test('installed binaries lie in one folder on all hosts', () => {
    const two = { amd64: { installed: '/usr/bin' }, arm64: { installed: '/opt/bin' } }
    expect(refusals(minimal({ binaries: two }))).toEqual([
      'binaries.arm64.installed: /opt/bin is not /usr/bin: etcd lies in the same folder on all hosts',
    ])
    const one = { amd64: { installed: '/usr/bin' }, arm64: 'official' }
    expect(refusals(minimal({ binaries: one }))).toEqual([
      "binaries.amd64.installed: the other architectures' etcd would be put into /usr/bin too: if so, say paths.bin: '/usr/bin'",
    ])
    expect(refusals(minimal({ binaries: one, paths: { bin: '/usr/bin' } }))).toEqual([])
  })
})

describe('settings', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a mistyped flag',
      { 'quota-backend-byte': 1 },
      /^settings\.quota-backend-byte: .*did you mean 'quota-backend-bytes'\?$/,
    ],
    ['a flag of our own', { 'data-dir': '/data' }, /^settings\.data-dir: is set by etcd-deploy itself; .*paths/],
    ['a dangerous one', { 'unsafe-no-fsync': true }, /^settings\.unsafe-no-fsync: is refused: /],
    ['one that this version lost', { 'enable-v2': true }, /^settings\.enable-v2: is not in etcd 3\.6\.16/],
    ['a short election', { 'heartbeat-interval': 300 }, /^settings\.heartbeat-interval: .*5 × the heartbeat/],
  ])('%s', (_, settings, message) => {
    expect(refusals(minimal({ settings }))).toEqual([expect.stringMatching(message)])
  })

  test('of a node are checked together with those for all, and what is wrong for all is told once', () => {
    const raw = withNode(
      { address: '10.0.0.2', settings: { 'election-timeout': 400 } },
      { settings: { 'heartbeat-interval': 100, 'quota-backend-bytes': 'much' } },
    )
    expect(refusals(raw)).toEqual([
      expect.stringMatching(/^settings\.quota-backend-bytes: /),
      expect.stringMatching(/^nodes\.node2\.settings\.election-timeout: .*400 ms/),
    ])
  })

  test('are data', () => {
    expect(refusals(minimal({ settings: { 'quota-backend-bytes': 8n } }))).toEqual([
      'settings.quota-backend-bytes: is no value for a flag of etcd',
    ])
  })

  test('are no list', () => {
    expect(refusals(minimal({ settings: ['a'] }))).toEqual([
      "settings: write etcd's flags in braces, for example { 'quota-backend-bytes': '8GiB' }",
    ])
  })
})

test('a key unknown and a value wrong beside it', () => {
  expect(refusals(minimal({ ssh: { jump: { host: 'b', usr: 'x', port: 0 } } }))).toEqual([
    'ssh.jump.port: 0 is not a port: 1 to 65535, whole',
    'ssh.jump.usr: unknown key; did you mean user?',
  ])
})

test('a node may have any name', () => {
  const nodes = { settings: { address: 5, ssh: { jump: 7 } }, constructor: { address: '10.0.0.1' } }
  expect(refusals(minimal({ nodes }))).toEqual([
    "nodes.settings.address: is a number; write text in quotes, for example '10.0.0.1'",
    "nodes.settings.ssh.jump: write 'user@host:port', a record, a list of them, or false",
  ])
})

test('all problems are told at once, those between values too', () => {
  const nodes = {
    node1: { address: '10.0.0.1', ssh: { prot: 22 } },
    node2: { address: '10.0.0.1' },
    node3: { adress: '10.0.0.3' },
  }
  const settings = { 'data-dir': '/data' }
  expect(refusals({ cluster: 'prod', version: '3.6.16', nodes, settings, tls: { mode: 'on' } })).toEqual([
    'nodes.node1.ssh.prot: unknown key; did you mean port?',
    'nodes.node3.adress: unknown key; did you mean address?',
    'tls.mode: "on" is none of mutual, server, off; did you mean off?',
    "nodes.node2.address: 10.0.0.1 port 2380 is node1's already",
    expect.stringMatching(/^settings\.data-dir: is set by etcd-deploy itself/),
  ])
})

describe('warnings', () => {
  const many = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`node${index}`, { address: `10.0.0.${index + 1}` }]),
    )

  test.each<[string, Record<string, unknown>, (string | RegExp)[]]>([
    ['none for three members', {}, []],
    ['none for one', { nodes: many(1) }, []],
    ['two members', { nodes: many(2) }, [/^2 members survive no more failures \(0\) than 1 would/]],
    ['four members', { nodes: many(4) }, [/^4 members survive no more failures \(1\) than 3 would/]],
    ['nine members', { nodes: many(9) }, [/^9 members: every write waits for 5 of them/]],
    ['a release with a fault', { version: '3.5.2' }, [/^etcd 3\.5\.2: under load a killed member can lose/]],
    ['tls keys without tls', { tls: { mode: 'off', sans: ['a'] } }, [/^tls\.sans has no effect/]],
    [
      'an open mirror',
      { binaries: { mirror: 'http://10.0.0.9/{file}' } },
      [/^binaries: http:\/\/10\.0\.0\.9 is not https/],
    ],
    ['a mirror here', { binaries: { mirror: 'http://127.0.0.1:8000/{file}' } }, []],
    ['an open mirror, pinned', { binaries: { mirror: 'http://10.0.0.9/{file}', sha256: 'a'.repeat(64) } }, []],
  ])('%s', (_, parts, warnings) => {
    expect(resolved(minimal(parts)).warnings).toEqual(warnings.map((text) => expect.stringMatching(text)))
  })

  test('members that count time differently', () => {
    const raw = withNode({ address: '10.0.0.2', settings: { 'election-timeout': 2000 } })
    expect(resolved(raw).warnings).toEqual(['nodes.node2.settings.election-timeout: should be the same on all members'])
  })
})
