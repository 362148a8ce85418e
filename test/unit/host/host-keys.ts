/** Public keys with what `ssh-keygen -lf` prints for them, and hashed lines made by `ssh-keygen -H`. */
export const ed25519 = {
  type: 'ssh-ed25519',
  base64: 'AAAAC3NzaC1lZDI1NTE5AAAAICMTt7P17+ELTxlw3O9hkpe+NYI55tgJjaT7tPeYFLdC',
  fingerprint: 'SHA256:3aSPXiVktFljSpQqu6pTFXega2Km1NHJGGXY1JYwyq8',
}
export const otherEd25519 = {
  type: 'ssh-ed25519',
  base64: 'AAAAC3NzaC1lZDI1NTE5AAAAIC2HsD9d2uUD/vsSjQEPezJw0vxYo9ouUboC52GKVPDp',
  fingerprint: 'SHA256:0wMf6MiSw1l92AuS1PnTb1KbSTxJ4hieTdmsnz4nIZM',
}
export const ecdsa = {
  type: 'ecdsa-sha2-nistp256',
  base64:
    'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBD7rEyRRCnWvj/XiWYOJvS4U73ia7AVYMhUipzG+59AMaFM2th3viMueqzx8UQA3TIgf+qcXzJoHz6jm2quXdU8=',
  fingerprint: 'SHA256:EnpLxCPT9ZLi35b9rLmvSO/OlLWVKDcQQm5S11hCnb4',
}
export const hashed = {
  'node1.example.com': '|1|JTWuxsjFzWVWZKeGE21jyj+s2Ow=|2TRK3mAzz3dQePpsqlZbXayD2lM=',
  '[10.0.0.1]:2222': '|1|d8v5uG43B7ETAaQz80JeiHVb0eI=|eCRRB/xdaRu1/1UtIijqYWAu/zY=',
}

export function keyBytes(key: { base64: string }): Buffer {
  return Buffer.from(key.base64, 'base64')
}

export function line(names: string, key: { type: string; base64: string }, marker = ''): string {
  return `${marker}${names} ${key.type} ${key.base64}\n`
}
