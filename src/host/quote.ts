/** One word of POSIX shell that stands for exactly this string. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new TypeError('a shell word cannot hold a NUL byte')
  return `'${value.replaceAll("'", `'\\''`)}'`
}
