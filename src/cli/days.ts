/** As the command line gives them, `30` or `30d`; undefined: that is no number of days. */
export function daysOf(text: string): number | undefined {
  const days = /^(\d{1,5})d?$/.exec(text.trim())?.[1]
  return days === undefined || Number(days) > 36_500 ? undefined : Number(days)
}
