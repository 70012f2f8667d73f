import { CommanderError, type Command } from 'commander'
import { EXIT, exitCodeOf, explain } from './exit.js'
import { tell } from './output.js'
import { createProgram } from './program.js'

/** Commands that only show what is there: who has read enough of it has lost nothing. All others go on to their end, and say how it was. */
const SHOWING = new Set([
  ...['list', 'get', 'find', 'due', 'usage', 'tail', 'query', 'report', 'export', 'describe'],
])

/** Runs one command. Answers its exit code, and throws nothing. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = EXIT.done
  const program = createProgram((ended) => {
    code = ended
  })
  const unread = watchOutput(program)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // What was wrong with it, commander has said itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    tell(`error: ${explain(error)}`)
    return exitCodeOf(error)
  }
  const fault = await unread()
  if (fault === undefined) return code
  tell(unreadable(fault))
  return code === EXIT.done ? EXIT.fault : code
}

/**
 * Ends a command that only shows something where nobody reads any more (`| head`), or where the rest of it cannot be written. What any other command has said, such as a secret or what is
 * wrong with a trail, is lost then: the function that is returned answers why, once all was written. Nobody reading the errors is no reason to stop.
 */
function watchOutput(program: Command): () => Promise<Error | undefined> {
  let isShowing = true
  let fault: Error | undefined
  program.hook('preAction', (_, command) => {
    isShowing = SHOWING.has(command.name())
  })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    fault ??= error
    if (!isShowing) return
    if (error.code === 'EPIPE') process.exit(EXIT.done)
    tell(unreadable(error))
    process.exit(EXIT.fault)
  })
  process.stderr.on('error', () => undefined)
  return async () => {
    // A stream that has failed is destroyed, and this write reports its error.
    const last = await new Promise<Error | null | undefined>((settle) => {
      process.stdout.write('', settle)
    })
    return fault ?? last ?? undefined
  }
}

function unreadable({ message }: Error): string {
  return `error: what the command has to say could not be written to standard output: ${message}`
}
