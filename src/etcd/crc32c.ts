/** CRC-32 with Castagnoli's polynomial: what etcd's own `snapshot status` calls the hash. Node has the other one only. */
export class Crc32c {
  #state = 0xffffffff

  update(bytes: Uint8Array): void {
    let crc = this.#state
    let at = 0
    // Four bytes at a time: a snapshot may have gigabytes
    for (const end = bytes.length - 3; at < end; at += 4) {
      crc ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24)
      crc =
        entry(768 + (crc & 0xff)) ^
        entry(512 + ((crc >>> 8) & 0xff)) ^
        entry(256 + ((crc >>> 16) & 0xff)) ^
        entry(crc >>> 24)
    }
    for (; at < bytes.length; at++) crc = entry((crc ^ byte(bytes, at)) & 0xff) ^ (crc >>> 8)
    this.#state = crc
  }

  digest(): number {
    return (this.#state ^ 0xffffffff) >>> 0
  }
}

const table = makeTable()

function makeTable(): Int32Array {
  const entries = new Int32Array(1024)
  for (let value = 0; value < 256; value++) {
    let crc = value
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    entries[value] = crc
  }
  for (let index = 256; index < 1024; index++) {
    const before = entries[index - 256] ?? 0
    entries[index] = (before >>> 8) ^ (entries[before & 0xff] ?? 0)
  }
  return entries
}

function entry(index: number): number {
  return table[index] as number
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}
