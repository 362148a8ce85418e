import type { LoginOptions } from './client.ts'
import type { Deadline } from './deadline.ts'
import type { AnswerQuestion } from './openssh-askpass.ts'

/** What became of ssh's questions. */
export interface Questions {
  answer: AnswerQuestion
  /** Nobody has trusted it. */
  unknownKey(): UnknownKey | undefined
  /** What nobody was there to answer. */
  unanswered(): readonly string[]
  /** Whether a person has answered anything. */
  wasAnswered(): boolean
}

export interface UnknownKey {
  /** As known_hosts writes it. */
  at: string
  type: string
  fingerprint: string
}

/**
 * Whom ssh's questions go to: the host key to whoever confirms those, all else (passphrases, PINs, passwords, codes) to a person, word for
 * word. What the inventory has for another purpose is never given as an answer: some of these questions are a host's own words.
 */
export function questions(
  name: string,
  { confirmHostKey, askPerson }: Pick<LoginOptions, 'confirmHostKey' | 'askPerson'>,
  { whileAsking }: Pick<Deadline, 'whileAsking'>,
): Questions {
  const unanswered: string[] = []
  let unknownKey: UnknownKey | undefined
  let wasAnswered = false
  return {
    unknownKey: () => unknownKey,
    unanswered: () => unanswered,
    wasAnswered: () => wasAnswered,
    async answer({ kind, text, over }) {
      if (kind === 'notice') {
        await whileAsking(() => over)
        return undefined
      }
      const key = shownKey(text)
      if (key !== undefined) {
        const isTrusted =
          confirmHostKey !== undefined && (await whileAsking(() => confirmHostKey(key.at, key.fingerprint, key.type)))
        if (!isTrusted) unknownKey = key
        return isTrusted ? 'yes' : 'no'
      }
      const question = text.trim().replace(/:$/, '')
      if (askPerson === undefined) {
        unanswered.push(question)
        return undefined
      }
      wasAnswered = true
      return (await whileAsking(() => askPerson(`${name}: ${question}`))).reveal()
    },
  }
}

/** Of the question whether an unknown host is trusted. */
function shownKey(text: string): UnknownKey | undefined {
  const [, at] = /^The authenticity of host '([^' ]+)/.exec(text) ?? []
  const [, type, fingerprint] = /^(\S+) key fingerprint is (\S+?)\.?$/m.exec(text) ?? []
  return at === undefined || type === undefined || fingerprint === undefined ? undefined : { at, type, fingerprint }
}
