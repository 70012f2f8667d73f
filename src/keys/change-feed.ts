import type { MaybePromise } from '../lib/maybe.js'

/** A key that was changed, and the version that it has since. */
export interface KeyChanged {
  readonly id: string
  readonly version: number
}

/** Who wants to know of changes. */
export interface KeyChangeListener {
  /** Told of each change, of any instance, in any order, and possibly again. */
  changed(change: KeyChanged): void
  /** Told once when changes may have gone by unheard: this subscription is over. */
  lost(cause: unknown): void
}

/** One instance, listening. */
export interface KeyChangeSubscription {
  /**
   * Resolves once the listener was told of every change that was committed before this call; rejects where that cannot be known. Absent where
   * a change is told before the call that made it returns.
   */
  catchUp?(): MaybePromise<void>
  /** Stops listening, whatever state the connection is in. */
  close(): MaybePromise<void>
}

/** How the instances of an API tell each other that a key was changed. */
export interface KeyChangeFeed {
  /** Listens from the moment on at which it resolves. */
  listen(listener: KeyChangeListener): MaybePromise<KeyChangeSubscription>
  /**
   * Tells all instances of a change that is committed. Absent where the store does, in the transaction of the change. What is heard from a
   * feed that has it may come from anybody: it makes an instance read a key anew, and no more.
   */
  publish?(change: KeyChanged): MaybePromise<void>
}
