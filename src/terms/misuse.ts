import { withoutSecrets } from './secrets.js'

/** What an app can get wrong; each has a section in docs/misuse.md. */
export type MisuseCode =
  | 'unknown_option'
  | 'invalid_option'
  | 'unknown_scope'
  | 'unknown_environment'
  | 'unknown_plan'
  | 'unknown_reason'
  | 'invalid_key_input'
  | 'not_guarded'
  | 'not_supported'

/** The app's own mistake, told as early as it can be known. The message says what to write instead. */
export class MisuseError extends TypeError {
  override readonly name = 'MisuseError'
  readonly code: MisuseCode

  constructor(code: MisuseCode, message: string) {
    // It may quote what was given, and a secret may have been given in the wrong place.
    super(withoutSecrets(message))
    this.code = code
  }
}
