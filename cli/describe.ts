import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Option, type Command } from 'commander'
import type { Description } from 'sallyport/openapi'
import { EXIT, UsageError } from './exit.js'

interface DescribeOptions {
  readonly format: 'openapi' | 'postman'
}

export function addDescribe(program: Command): void {
  program
    .command('describe')
    .description('Prints the OpenAPI document of your API, or its Postman collection.')
    .argument('<module>', "a module of your app that exports 'description'")
    .addOption(
      new Option('--format <name>', 'what is printed')
        .choices(['openapi', 'postman'])
        .default('openapi'),
    )
    .addHelpText('after', HELP)
    .action(async (file: string, { format }: DescribeOptions) => {
      const description = await load(file)
      const value = format === 'openapi' ? description.openApi() : description.postman()
      const text = `${JSON.stringify(value, null, 2)}\n`
      await new Promise((resolve) => process.stdout.write(text, resolve))
      // What the app has opened, such as a pool of connections, would keep the command alive.
      process.exit(EXIT.done)
    })
}

/** @throws {UsageError} */
async function load(file: string): Promise<Description> {
  const loaded = await importModule(file)
  const description: unknown = loaded['description']
  if (isDescription(description)) return description
  throw new UsageError(
    `'${file}' does not export 'description', as createDescription of sallyport/openapi makes it`,
  )
}

/** @throws {UsageError} */
async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`'${file}' cannot be loaded: ${why}`)
  }
}

function isDescription(value: unknown): value is Description {
  return typeof value === 'object' && value !== null && 'openApi' in value && 'postman' in value
}

const HELP = `
The module is loaded as the app loads it: it makes the gate and the description, and starts no server.

Examples:
  $ sallyport describe dist/description.js > openapi.json
  $ sallyport describe dist/description.js --format postman > postman.json`
