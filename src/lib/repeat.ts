const FIRST_MS = 1_000

/**
 * Calls `look` once the process has started, and then every so often: each wait begins when a look is over. It keeps no process alive.
 * @param everyMs how long it waits, in milliseconds
 * @param onError told of each look that fails
 */
export function repeatedly(
  look: () => Promise<unknown>,
  everyMs: number,
  onError: (error: unknown) => void,
): { close(): void } {
  let isClosed = false
  let timer = setTimeout(run, FIRST_MS).unref()
  function run(): void {
    look()
      .catch(onError)
      .finally(() => {
        if (!isClosed) timer = setTimeout(run, everyMs).unref()
      })
  }
  return {
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
