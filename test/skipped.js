/** Names every test that was skipped once more at the end of the run, where it is seen. */
export default class SkippedReporter {
  onRunComplete(_contexts, { testResults }) {
    const skipped = testResults.flatMap(({ testResults: tests, testFilePath }) =>
      tests
        .filter(({ status }) => status === 'pending')
        .map(({ fullName }) => `  ${testFilePath.slice(process.cwd().length + 1)}: ${fullName}`),
    )
    if (skipped.length === 0) return
    console.log(`\nSkipped, for want of what they need (${skipped.length}):\n${skipped.join('\n')}`)
  }
}
