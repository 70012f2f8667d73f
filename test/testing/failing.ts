import type { TestCase } from 'sallyport/testing'

/** The ids of the cases that fail, in their order. All run at once: some wait for the clock. */
export async function failing(cases: readonly TestCase[]): Promise<string[]> {
  const failed = await Promise.all(
    cases.map(({ id, run }) =>
      run().then(
        () => [],
        () => [id],
      ),
    ),
  )
  return failed.flat()
}
