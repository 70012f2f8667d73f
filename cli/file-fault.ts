import { getSystemErrorMap } from 'node:util'

/** Why a file cannot be used, in words: `no such file or directory`. */
export function fileFault(error: unknown): string {
  const { errno, code = 'unknown error' } = error as NodeJS.ErrnoException
  const [, sentence = code] = (errno !== undefined && getSystemErrorMap().get(errno)) || []
  return sentence
}
