import ssh2 from 'ssh2'

interface Encryption {
  passphrase: string
  cipher: string
  rounds: number
}

/** The library makes about one key in 250 that neither it nor OpenSSH can read. */
export function ed25519Pair(comment = '', encryption?: Encryption): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment, ...encryption })
    if (!(ssh2.utils.parseKey(pair.private, encryption?.passphrase) instanceof Error)) return pair
  }
}
