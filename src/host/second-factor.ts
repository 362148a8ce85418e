import type { KeyboardInteractiveAuthMethod } from 'ssh2'
import type { Secret } from '../secret.ts'

/** Who can answer, and for which host. */
export interface Answering {
  name: string
  askPerson: ((question: string) => Promise<Secret>) | undefined
}

/**
 * Answers what keyboard-interactive asks: the password once, where it is asked for; whatever else is asked is a second factor, which only a
 * person has. `told`: where it is said what nobody could answer.
 */
export function answerPrompts(
  { name, askPerson }: Answering,
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
    if (askPerson !== undefined) return (await askPerson(question(name, instructions, prompt))).reveal()
    told.push(`it asked "${prompt.trim().slice(0, 80)}", and nobody is there to answer`)
    return ''
  }
  return (_title, instructions, _language, prompts, finish) => {
    const answers = async (): Promise<string[]> => {
      const given: string[] = []
      for (const { prompt, echo } of prompts) given.push(await answer(prompt, echo === true, instructions))
      return given
    }
    // Interrupted at the question: with no answers the login fails, and the interruption is told
    answers().then(finish, () => finish([]))
  }
}

/** How the usual modules (TOTP, Duo, RSA, FreeIPA, privacyIDEA) ask for it; a wrong guess shows as a refused login. */
const secondFactor = /code|otp|token|one.?time|second factor|2fa|mfa|passcode|\bpin\b|duo/i

function question(name: string, instructions: string, prompt: string): string {
  return [name, instructions.trim(), prompt.trim().replace(/:$/, '')].filter((part) => part !== '').join(': ')
}
