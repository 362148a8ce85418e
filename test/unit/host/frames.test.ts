import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frameParser } from '../../../src/host/frames.ts'

const nonce = '0123456789abcdef'

type Piece = { data: string } | { mark: string[] }

function parse(chunks: Buffer[]): Piece[] {
  const pieces: Piece[] = []
  const feed = frameParser(nonce, {
    data: (bytes) => {
      const last = pieces.at(-1)
      if (last !== undefined && 'data' in last) last.data += bytes.toString('latin1')
      else pieces.push({ data: bytes.toString('latin1') })
    },
    mark: (words) => pieces.push({ mark: words }),
  })
  for (const chunk of chunks) feed(chunk)
  return pieces
}

it('finds marks and exact data wherever the chunks are cut', () => {
  // Beginnings of the nonce in the data are what a parser trips over
  const data = fc
    .array(fc.oneof(fc.constantFrom('\n', nonce.slice(0, 5), nonce.slice(0, -1), nonce, 'ä', '0'), fc.string()), {
      minLength: 1,
    })
    .map((parts) => Buffer.from(parts.join('')).toString('latin1'))
    .filter((text) => text !== '' && !`${text}${nonce}`.slice(0, -1).includes(nonce) && !text.includes(`${nonce} `))
  const mark = fc.array(fc.stringMatching(/^[a-z0-9]+$/), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(fc.tuple(data, mark)), fc.array(fc.nat(2000)), (pieces, cuts) => {
      const stream = Buffer.from(
        pieces.map(([text, words]) => `${text}${nonce} ${words.join(' ')}\n`).join(''),
        'latin1',
      )
      const ends = [...new Set(cuts.filter((cut) => cut < stream.length))].toSorted((a, b) => a - b)
      const chunks = [...ends, stream.length].map((end, index) => stream.subarray(ends[index - 1] ?? 0, end))
      expect(parse(chunks)).toEqual(pieces.flatMap(([text, words]) => [{ data: text }, { mark: words }]))
    }),
  )
})

it('gives a line that has no mark after it at once', () => {
  const seen: string[] = []
  const feed = frameParser(nonce, { data: (bytes) => seen.push(bytes.toString()), mark: () => {} })
  feed(Buffer.from('progress 10 %\n'))
  expect(seen).toEqual(['progress 10 %\n'])
})
