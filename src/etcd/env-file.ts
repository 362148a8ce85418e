/** Reads a systemd EnvironmentFile as we write it. */
export function envValues(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)
    if (match?.[1] === undefined || match[2] === undefined) continue
    values[match[1]] = unquote(match[2])
  }
  return values
}

function unquote(value: string): string {
  if (!value.startsWith('"') || !value.endsWith('"') || value.length < 2) return value
  return value.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}
