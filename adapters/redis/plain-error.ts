/** What a client says of a failure, without what it hangs on it: a command may have a password among its arguments. */
export function plainly(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : 'The client failed.')
}
