/** One host as the layers above see it. Only this folder knows SSH, quoting and sudo. */
export interface Host {
  readonly name: string
  /** `user@host:port`, for messages. */
  readonly target: string
  /** Runs a POSIX shell script as root (through sudo where the login is not root). One command, one round trip. */
  run(script: Script, options: RunOptions): Promise<RunResult>
  /** A TCP connection from the host's side, for TLS handshakes; rejects with `ForwardingRefused` where sshd forbids it. */
  dial(address: string, port: number, signal: AbortSignal): Promise<import('node:stream').Duplex>
  /** Commands run and bytes sent since the connection. */
  readonly cost: { commands: number; bytesSent: number }
  close(): void
}

/** A script travels on stdin, never in argv; its values are positional parameters ($1, $2, …), never interpolated. */
export interface Script {
  /** POSIX sh. Runs under `set -eu`, with the functions of prelude.ts, LC_ALL=C and a full PATH. */
  text: string
  args?: readonly string[]
  /** Installed by the script itself where it says `install_files`: written beside their target, checked, synced, renamed together. */
  files?: readonly FilePut[]
}

/** A file as it shall be on the host. */
export interface FilePut {
  path: string
  content: FileContent
  mode: number
  owner: string
  group: string
}

/** Bytes at hand, or a large file of the controller that is streamed; `sha256` in hex. */
export type FileContent =
  | { kind: 'bytes'; bytes: Uint8Array; sha256: string }
  | { kind: 'file'; path: string; size: number; sha256: string }

export interface RunOptions {
  signal: AbortSignal
  /** Deadline for the whole command. */
  timeoutMs: number
  /** Called for every whole line of stdout as it comes. */
  onLine?: (line: string) => void
  /** Bytes of file content sent so far, of all. */
  onUpload?: (sent: number, total: number) => void
  /** Where stdout goes instead of `RunResult.stdout` (a snapshot). */
  stdoutTo?: (chunk: Uint8Array) => void
  /** What is running, for --verbose and errors: 'read the host'. */
  what: string
  /** Present for what changes the host: the script refuses to run once this lock is not ours any more. */
  fence?: Fence
}

/** The lock under which a change runs (see lock.ts). */
export interface Fence {
  /** Folder of the lock on the host. */
  dir: string
  /** This run's random token. */
  token: string
}

export interface RunResult {
  /** 0: the script ended well. */
  code: number
  stdout: string
  stderr: string
  /** The signal's name when it was killed. */
  signal?: string
  durationMs: number
}
