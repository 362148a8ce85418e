import { blocksOf, type Placed } from './pages.ts'

/** What a page has people type, line by line: of blocks marked `sh`, and of those marked `crontab` what cron runs. */
export function commandLines(page: string): Placed[] {
  return blocksOf(page).flatMap(({ language, line, text }) => {
    if (language !== 'sh' && language !== 'crontab') return []
    return text.split('\n').flatMap((each, index) => {
      const typed = withoutComment(each)
      const command = language === 'crontab' ? typed.replace(/^(\S+\s+){5}/, '') : typed
      return command === '' ? [] : [{ page, line: line + index, text: command }]
    })
  })
}

/** A `#` within quotes would be taken for one too: what is left lacks a quote then, and a shell says so. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, '').trim()
}
