/** As much of protobuf's wire format as etcd's KV messages need: varints and length-delimited fields. */
export type FieldValue = bigint | Buffer
export type Fields = Map<number, FieldValue[]>

/** Fields in the order given; undefined ones are left out, zeros are written (a oneof needs them). */
export function encode(...fields: [number: number, value: number | bigint | boolean | Buffer | undefined][]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (value === undefined) return []
      if (Buffer.isBuffer(value)) return [varint(BigInt(number * 8 + 2)), varint(BigInt(value.length)), value]
      return [varint(BigInt(number * 8)), varint(BigInt(value))]
    }),
  )
}

export function decode(message: Buffer): Fields {
  const fields: Fields = new Map()
  let at = 0
  const next = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = Number(next())
    let value: FieldValue
    if (tag % 8 === 0) value = next()
    else if (tag % 8 === 2) {
      const length = Number(next())
      value = message.subarray(at, (at += length))
    } else throw new Error(`protobuf: wire type ${tag % 8} is not one of etcd's KV messages`)
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

/** An absent number is zero, as protobuf leaves zeros out. */
export function numberOf(fields: Fields, number: number): number {
  return Number(BigInt.asIntN(64, bigintOf(fields, number)))
}

export function bigintOf(fields: Fields, number: number): bigint {
  const value = fields.get(number)?.at(-1)
  return typeof value === 'bigint' ? value : 0n
}

export function bytesOf(fields: Fields, number: number): Buffer {
  return allBytesOf(fields, number).at(-1) ?? Buffer.alloc(0)
}

export function allBytesOf(fields: Fields, number: number): Buffer[] {
  return (fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value))
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
