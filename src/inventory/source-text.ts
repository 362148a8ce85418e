/** Plain data as TypeScript that is read again as the same: whatever a text holds, it ends no literal and runs nothing. */
export function sourceText(value: unknown, indent = '', width = 100): string {
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Array.isArray(value)
    ? value.map((each) => sourceText(each, `${indent}  `, width))
    : Object.entries(value).map(([key, each]) => `${keyText(key)}: ${sourceText(each, `${indent}  `, width)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (parts.length === 0) return open + close
  const space = Array.isArray(value) ? '' : ' '
  const line = `${open}${space}${parts.join(', ')}${space}${close}`
  const isShort = !line.includes('\n') && indent.length + line.length <= width
  if (isShort && indent !== '' && !Object.values(value).every(isRecord)) return line
  return [open, ...parts.map((part) => `${indent}  ${part},`), indent + close].join('\n')
}

/** Of such there may come to be more: each gets a line. */
function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In single quotes; what an editor would not show as it is, is written as an escape. */
function literal(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, asEscape)
  return `'${escaped}'`
}

function asEscape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

/** Written bare or in quotes, `__proto__` would set the prototype. */
function keyText(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key)
}
