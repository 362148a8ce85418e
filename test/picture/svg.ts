/** What a terminal showed, and for how long. */
export interface Frame {
  lines: string[]
  seconds: number
}

const cell = { width: 8.4, height: 19 }
const margin = { left: 16, top: 30, bottom: 14 }
const plain = '#c9d1d9'
const faint = '#8b949e'
const colors: Record<number, string> = {
  31: '#f85149',
  32: '#3fb950',
  33: '#d29922',
  36: '#39c5cf',
  39: plain,
  90: faint,
}

/** One picture that plays the frames again and again; the last one alone where nothing moves, or shall move. */
export function svgOf(frames: readonly Frame[], columns: number, title: string): string {
  const rows = Math.max(...frames.map(({ lines }) => lines.length))
  const width = Math.ceil(2 * margin.left + columns * cell.width)
  const height = margin.top + rows * cell.height + margin.bottom
  const drawn = frames.map(({ lines }) => drawnLines(lines))
  const shown = Array.from({ length: rows }, (_, row) => stretches(drawn.map((lines) => lines[row] ?? ''))).flat()
  const spans = [...new Set(shown.map(({ span }) => span))]
  const font = 'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14"'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font}>
<title>${title}</title>
<style>${spans.map((span) => animation(span, frames)).join('\n')}
@media(prefers-reduced-motion:reduce){g{animation:none!important}}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${shown.map(({ span, text }) => `<g class="${span}">${text}</g>`).join('\n')}
</svg>
`
}

/** A line that stays as it is from one frame to the next is drawn once. */
function stretches(lines: readonly string[]): { span: string; text: string }[] {
  const begins = lines.flatMap((line, index) => (index === 0 || line !== lines[index - 1] ? [index] : []))
  return begins.flatMap((from, index) => {
    const text = lines[from] ?? ''
    return text === '' ? [] : [{ span: `f${from}-${begins[index + 1] ?? lines.length}`, text }]
  })
}

function animation(span: string, frames: readonly Frame[]): string {
  const [from = 0, to = 0] = bounds(span)
  if (from === 0 && to === frames.length) return ''
  const percent = (index: number): string =>
    `${((100 * seconds(frames.slice(0, index))) / seconds(frames)).toFixed(2)}%`
  const hidden = (at: string): string => `${at}{visibility:hidden}`
  const steps = [...(from > 0 ? [hidden('0%')] : []), `${percent(from)}{visibility:visible}`, hidden(percent(to))]
  const isLast = to === frames.length
  if (isLast) steps.pop()
  return `.${span}{${isLast ? '' : 'visibility:hidden;'}animation:${span} ${seconds(frames).toFixed(1)}s step-end infinite}@keyframes ${span}{${steps.join('')}}`
}

function bounds(span: string): number[] {
  return span.slice(1).split('-').map(Number)
}

function seconds(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + frame.seconds, 0)
}

interface Look {
  fill: string
  isBold: boolean
  isDim: boolean
}

/** How a line ends is how the next one begins. */
function drawnLines(lines: readonly string[]): string[] {
  const look = { fill: plain, isBold: false, isDim: false }
  return lines.map((line, row) => drawnLine(line, margin.top + row * cell.height, look))
}

/** Each run of one look where it stands: fonts of other widths keep the columns. */
function drawnLine(line: string, y: number, look: Look): string {
  let column = 0
  let text = ''
  for (const part of line.split(/(\p{Cc}\[[\d;]*m)/u)) {
    const codes = /^\p{Cc}\[([\d;]*)m$/u.exec(part)?.[1]
    if (codes !== undefined) {
      for (const code of codes.split(';')) apply(look, Number(code))
      continue
    }
    const x = (margin.left + column * cell.width).toFixed(1)
    const [length, weight] = [(part.length * cell.width).toFixed(1), look.isBold ? ' font-weight="600"' : '']
    const at = `x="${x}" y="${y}" fill="${look.isDim ? faint : look.fill}"${weight} textLength="${length}"`
    if (part.trim() !== '') text += `<text ${at} xml:space="preserve">${escaped(part)}</text>`
    column += part.length
  }
  return text
}

function apply(look: Look, code: number): void {
  if (code === 0) Object.assign(look, { fill: plain, isBold: false, isDim: false })
  if (code === 1) look.isBold = true
  if (code === 2) look.isDim = true
  if (code === 22) Object.assign(look, { isBold: false, isDim: false })
  look.fill = colors[code] ?? look.fill
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
