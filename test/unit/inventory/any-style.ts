import { runInNewContext } from 'node:vm'
import fc from 'fast-check'

export type Tree = string | number | Tree[] | { [key: string]: Tree }

/** How one object is written: taken from the list in turn. */
interface Style {
  lines: boolean
  comma: boolean
  tight: boolean
  quoted: boolean
  comment: 'none' | 'block' | 'line'
}

interface FileStyle {
  styles: Style[]
  end: string
  indent: string
  quote: string
}

const style = fc.record<Style>({
  lines: fc.boolean(),
  comma: fc.boolean(),
  tight: fc.boolean(),
  quoted: fc.boolean(),
  comment: fc.constantFrom('none', 'block', 'line'),
})
export const file = fc.record<FileStyle>({
  styles: fc.array(style, { minLength: 1, maxLength: 6 }),
  end: fc.constantFrom('\n', '\r\n'),
  indent: fc.constantFrom('  ', '\t', '    '),
  quote: fc.constantFrom("'", '"', '`'),
})
export const word = fc.oneof(
  fc.constantFrom('10.0.0.2', "it's", '"', '`${x}`', '\\', '// {', ','),
  fc.string({ maxLength: 5 }),
)
const { tree } = fc.letrec<{ tree: Tree; node: { [key: string]: Tree } }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, word, fc.nat(), fc.array(word, { maxLength: 3 }), tie('node')),
  node: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('tree'), { maxKeys: 3 }),
}))
export const root = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tree, { minKeys: 1, maxKeys: 4 })
/** A record as somebody may have written it. */
export function sourceOf(value: Tree, { styles, end, indent, quote }: FileStyle): string {
  let turn = 0
  return print(value, '')

  function print(inner: Tree, margin: string): string {
    if (typeof inner === 'number') return String(inner)
    if (typeof inner === 'string') return quoted(inner, quote)
    if (Array.isArray(inner)) return `[${inner.map((each) => print(each, margin)).join(', ')}]`
    const { lines, comma, tight, comment, quoted: quotes } = styles[turn++ % styles.length]!
    const gap = tight ? '' : ' '
    const entries = Object.entries(inner).map(([key, each]) => {
      const name = quotes ? quoted(key, quote === '`' ? "'" : quote) : key
      return `${name}:${gap}${print(each, lines ? margin + indent : margin)}`
    })
    const remark = { none: '', block: ' /* x */', line: lines ? ' // x' : '' }[comment]
    if (!lines) return `{${gap}${entries.join(`,${gap}`)}${comma && entries.length > 0 ? ',' : ''}${remark}${gap}}`
    const rows = entries.map((entry, index) => entry + (comma || index < entries.length - 1 ? ',' : '') + remark)
    return `{${rows.map((row) => end + margin + indent + row).join('')}${end}${margin}}`
  }
}

function quoted(text: string, quote: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll(quote, `\\${quote}`)
  return quote + (quote === '`' ? escaped.replaceAll('${', '\\${') : escaped) + quote
}

export function read(text: string): unknown {
  const value: unknown = runInNewContext(`(${text.replace('export default ', '')})`)
  return JSON.parse(JSON.stringify(value))
}

/** Whether the one comes of the other by leaving characters out. */
export function isWithin(part: string, whole: string): boolean {
  let at = 0
  for (let index = 0; index < whole.length; index++) if (whole[index] === part[at]) at++
  return at === part.length
}
