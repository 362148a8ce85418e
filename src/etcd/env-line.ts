import { DeployError, exitCode } from '../errors.ts'

/** etcd's environment variable of a flag: `data-dir` → `ETCD_DATA_DIR`. */
export function envName(flag: string): string {
  return `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** One line of a systemd EnvironmentFile, which a POSIX shell reads as the same value. */
export function envFileLine(name: string, value: string): string {
  if (!fitsEnvFile(value)) {
    throw new DeployError({
      message: `${name} can't be written to an environment file: it holds a line break or another control character`,
      exitCode: exitCode.usage,
    })
  }
  return `${name}=${isPlain(value) ? value : quote(value)}`
}

/** systemd reads a file that is not UTF-8, or a value over two lines, as something else than was meant. */
export function fitsEnvFile(value: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return value.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)
}

function isPlain(value: string): boolean {
  return /^[\w.,:/=@%+-]+$/.test(value)
}

/** These four are what both systemd (219 too) and a shell take a backslash from within double quotes. */
function quote(value: string): string {
  return `"${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`
}
