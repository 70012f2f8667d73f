import { CommanderError } from 'commander'
import { EXIT, exitCodeOf, explain } from './exit.js'
import { tell } from './output.js'
import { createProgram } from './program.js'

/** Runs one command. Answers its exit code, and throws nothing. */
export async function run(args: readonly string[]): Promise<number> {
  endWhereNobodyReads()
  let code: number = EXIT.done
  const program = createProgram((ended) => {
    code = ended
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // What was wrong with it, commander has said itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    tell(`error: ${explain(error)}`)
    return exitCodeOf(error)
  }
}

/** `| head` has enough at some point. Nobody reading the errors is no reason to stop. */
function endWhereNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.fault)
  })
  process.stderr.on('error', () => undefined)
}
