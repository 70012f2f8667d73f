import type { ConsoleUser } from 'sallyport/console'

/** Somebody who can sign in to the console of an example. */
export interface DemoPerson<S extends string = string> extends Omit<ConsoleUser<S>, 'sessionId'> {
  readonly name: string
  readonly role: 'developer' | 'admin' | 'auditor' | 'staff'
  /** What this person is there to show. */
  readonly task: string
}
