import type { Duplex } from 'node:stream'

/** One host as the layers above see it. Only this folder knows SSH, quoting and sudo. */
export interface Host {
  readonly name: string
  /** `user@host:port`, for messages. */
  readonly target: string
  /**
   * Runs blocks of POSIX shell, in order, as root (through sudo where the login is not root): one command, one round trip.
   * A block that fails is a result, not an exception; what rejects is a lost connection, a refused sudo, a deadline, an abort.
   */
  run(blocks: readonly Script[], options: RunOptions): Promise<RunResult>
  /**
   * Runs one command, word for word, and hands on what it prints as it comes; nothing is kept, however much that is. It does not outlive the
   * connection. Rejects where it could not be started, or was lost on the way.
   */
  stream(words: readonly string[], options: StreamOptions): Promise<StreamEnd>
  /**
   * Takes the host's lock and runs the blocks (without files) in the same command; the process there holds the lock until `release`, until the
   * connection ends, or until 60 s passed without a sign of life from here. Whoever takes it next first ends what is left of ours.
   */
  lock(fence: Fence, blocks: readonly Script[], options: LockOptions): Promise<Locked | HeldByOther>
  /** A TCP connection made by the host's sshd, for TLS handshakes; rejects with `ForwardingRefused` where sshd forbids it. */
  dial(address: string, port: number, signal: AbortSignal): Promise<Duplex>
  /** Since the connection. */
  readonly cost: { commands: number; bytesSent: number; bytesReceived: number }
  close(): void
  /** Settles when the connection has ended, from whichever side. */
  readonly ended?: Promise<unknown>
}

/** A script travels on stdin, never in argv; its values are positional parameters ($1, $2, …), never interpolated. */
export interface Script {
  /** POSIX sh. Runs in a subshell under `set -eu`, LC_ALL=C, umask 077 and a full PATH, with the functions of prelude.ts. */
  text: string
  args?: readonly string[]
  /**
   * Installed where the script says `install_files`: each written beside its target, checked by SHA-256, synced, then all renamed
   * together. A script that does not come to it (`[ … ] || install_files`) has nothing sent.
   */
  files?: readonly FilePut[]
}

/** A file as it shall be on the host; its folder must exist. */
export interface FilePut {
  path: string
  content: FileContent
  mode: number
  owner: string
  group: string
}

/**
 * Bytes at hand, or a large file of the controller that is streamed; sums in hex, BLAKE2b (512 bits) for hosts that have b2sum. Where it lies there compressed too, that is what
 * travels: the host unpacks it, and the sum is that of what it unpacked.
 */
export type FileContent =
  | { kind: 'bytes'; bytes: Uint8Array; sha256: string }
  | {
      kind: 'file'
      path: string
      size: number
      sha256: string
      blake2b?: string
      gzip?: { path: string; size: number }
    }

export interface RunOptions {
  /** What is running, for --verbose and errors: 'read the host'. */
  what: string
  signal: AbortSignal
  /** Deadline for the whole command; an upload that goes forward moves it on. */
  timeoutMs: number
  /** `stop` (default): the blocks after a failed one do not run. */
  afterFailure?: 'stop' | 'continue'
  onBlock?: (index: number, phase: 'begin' | 'end', code?: number) => void
  /** Every whole line of a block's stdout, as it comes. */
  onLine?: (index: number, line: string) => void
  /** Bytes of file content sent so far, of all. */
  onUpload?: (sent: number, total: number) => void
  /** Where stdout goes instead of the result (a snapshot); only with a single block. */
  stdoutTo?: (chunk: Uint8Array) => void
  /**
   * Present for what changes the host: the script refuses to run once this lock is not ours any more. Its children are known by
   * an open descriptor, which sudo closes: use runuser or setpriv within a script.
   */
  fence?: Fence
}

export interface RunResult {
  /** One for each block that ran. 0: it ended well. */
  blocks: { code: number; stdout: string }[]
  /** Of all blocks, bounded. */
  stderr: string
  durationMs: number
}

export interface StreamOptions {
  /** For --verbose and errors. */
  what: string
  /** Ends the command on the host too. */
  signal: AbortSignal
  /** Until it has begun; after that it takes as long as it likes. */
  timeoutMs: number
  /** The host is held up while the answer is pending. */
  onOutput: (stream: OutputStream, bytes: Uint8Array) => Promise<void> | undefined
}

export type OutputStream = 'stdout' | 'stderr'

/** `ended`: whether the host has told that the command is gone. */
export type StreamEnd = { kind: 'exit'; code: number } | { kind: 'interrupted'; ended: boolean }

/** The lock under which a change runs. */
export interface Fence {
  /** Folder of the lock on the host, below /run. */
  dir: string
  /** This run's random token. */
  token: string
  /** Who holds it, for the person who is kept out: `ana@laptop, up, since 12:04`. */
  holder: string
}

export type LockOptions = Pick<RunOptions, 'what' | 'signal' | 'timeoutMs'>

export interface Locked {
  kind: 'locked'
  result: RunResult
  /** Settles when the lock was lost without `release`: the connection ended, the process there was killed. */
  lost: Promise<Error>
  release(): Promise<void>
}

export interface HeldByOther {
  kind: 'held-by-other'
  holder: string
}

/** Turns a lost connection, refused login or unknown host key into a value: an unreachable host is something seen. */
export type Connection = { kind: 'connected'; host: Host } | { kind: 'unreachable'; error: Error }
