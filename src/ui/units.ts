/** `12.3 MiB`: binary, as etcd counts its quota. */
export function bytesText(bytes: number): string {
  const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 1024 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${steps[step]}`
}

/** `0.8 s`, `42 s`, `3 min 5 s`, `2 h 4 min`. */
export function durationText(durationMs: number): string {
  if (durationMs < 9950) return `${(durationMs / 1000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Whole seconds, for what still goes on. */
export function secondsText(durationMs: number): string {
  return durationMs < 9950 ? `${Math.round(durationMs / 1000)} s` : durationText(durationMs)
}

/** `12.3 of 61.0 MiB` */
export function amountText(done: number, total: number | undefined): string {
  if (total === undefined) return bytesText(done)
  const whole = bytesText(total)
  const part = bytesText(done)
  const unit = whole.split(' ')[1] ?? ''
  return part.endsWith(` ${unit}`) ? `${part.slice(0, -unit.length - 1)} of ${whole}` : `${part} of ${whole}`
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
