import type { KeyboardInteractiveAuthMethod } from 'ssh2'
import type { Secret } from '../secret.ts'

/** Who can answer, and for which host. */
export interface Answering {
  name: string
  askPerson: ((question: string) => Promise<Secret>) | undefined
  /** Something is asked that only a person has. */
  onPersonWanted(): void
  /** Nobody answers: the connection is to end, as no answer or an empty one would count as a wrong one. */
  giveUp(): void
}

/**
 * Answers what keyboard-interactive asks: the password once, where it is asked for; whatever else is asked is a second factor, which only a
 * person has. `told`: where it is said what nobody could answer.
 */
export function answerPrompts(
  { name, askPerson, onPersonWanted, giveUp }: Answering,
  password: string | undefined,
  told: string[],
): KeyboardInteractiveAuthMethod['prompt'] {
  let left = password
  const answer = async (prompt: string, isShown: boolean, instructions: string): Promise<string> => {
    if (left !== undefined && !isShown && !secondFactor.test(prompt)) {
      const given = left
      left = undefined
      return given
    }
    onPersonWanted()
    try {
      if (askPerson !== undefined) return (await askPerson(question(name, instructions, prompt))).reveal()
    } catch {
      // Interrupted at the question, which is told as such
    }
    told.push(`it asked "${prompt.trim().slice(0, 80)}", and nobody is there to answer`)
    throw new Error('not answered')
  }
  return (_title, instructions, _language, prompts, finish) => {
    const answers = async (): Promise<string[]> => {
      const given: string[] = []
      for (const { prompt, echo } of prompts) given.push(await answer(prompt, echo === true, instructions))
      return given
    }
    answers().then(finish, giveUp)
  }
}

/** How the usual modules (TOTP, Duo, RSA, FreeIPA, privacyIDEA) ask for it; a wrong guess shows as a refused login. */
const secondFactor = /code|otp|token|one.?time|second factor|2fa|mfa|passcode|\bpin\b|duo/i

function question(name: string, instructions: string, prompt: string): string {
  return [name, instructions.trim(), prompt.trim().replace(/:$/, '')].filter((part) => part !== '').join(': ')
}
