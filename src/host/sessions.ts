/** The commands under way on one connection: sshd allows but a few at once (MaxSessions). */
export interface Sessions {
  begin(): void
  end(): void
  /** Whether another try may find room: one of ours has ended a moment ago, or others than a lock's are about to. Waits a little. */
  mayHaveRoom(): Promise<boolean>
}

export function sessions(): Sessions {
  let open = 0
  let lastEndMs = -Infinity
  let changed = Promise.withResolvers<void>()
  return {
    begin: () => void open++,
    end: () => {
      open--
      lastEndMs = performance.now()
      changed.resolve()
      changed = Promise.withResolvers()
    },
    async mayHaveRoom() {
      // sshd counts a command until its process is gone, which is a moment after we have heard the last of it
      const mayHave = performance.now() - lastEndMs < lingersMs || open > ofLock
      if (mayHave) await Promise.race([changed.promise, pause()])
      return mayHave
    },
  }
}

const lingersMs = 3000
const ofLock = 1

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100))
}
