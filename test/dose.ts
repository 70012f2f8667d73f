/** How much of a test is run: `quick`, or `full` by `npm run test:full`. */
export function dose<T>(quick: T, full: T): T {
  return process.env['SALLYPORT_TEST_DOSE'] === 'full' ? full : quick
}
