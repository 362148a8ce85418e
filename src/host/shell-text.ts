/** Shell text as it is written: backslashes stand for themselves, only a brace after a dollar sign needs one before it. */
export function sh(text: TemplateStringsArray): string {
  return text.raw.join('').replaceAll('\\${', '${')
}
