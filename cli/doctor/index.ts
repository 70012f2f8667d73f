import { InvalidArgumentError, type Command } from 'commander'
import { EXIT, type Ended } from '../exit.js'
import { print, printJson } from '../output.js'
import { collect } from '../parse.js'
import { databaseOption, jsonOption, type OutputOptions } from '../settings.js'
import type { Finding } from './check.js'
import { checkDatabase } from './database.js'
import { checkDirectory, checkNode, checkNodeEnv, checkProxies } from './environment.js'
import { checkRedis } from './redis.js'
import { FEATURE_NAMES } from './tables.js'

interface DoctorOptions extends OutputOptions {
  readonly audit?: string
  readonly redis?: string
  readonly trustProxy?: readonly string[]
  readonly uses?: readonly string[]
}

export function addDoctor(program: Command, ended: Ended): void {
  program
    .command('doctor')
    .description(
      'Checks a set-up, changes nothing, and says what to do. What is not given is not checked.',
    )
    .option('--audit <directory>', 'the directory of the audit log')
    .option('--redis <url>', 'a redis:// URL')
    .option('--trust-proxy <network>', 'what trustProxy has; several times for several', collect)
    .option(
      '--uses <feature>',
      `what your API has beside keys, several times for several: ${FEATURE_NAMES.join(', ')}`,
      collectFeature,
    )
    .addOption(databaseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: DoctorOptions) => {
      ended(await examine(options))
    })
}

async function examine(options: DoctorOptions) {
  const { database, audit, redis, trustProxy = [], uses = [], json } = options
  const findings: Finding[] = [
    checkNode(process.versions.node),
    checkNodeEnv(process.env['NODE_ENV']),
    ...(database ? await checkDatabase(database, uses) : []),
    ...(audit === undefined ? [] : checkDirectory(audit)),
    ...(redis === undefined ? [] : await checkRedis(redis)),
    ...checkProxies(trustProxy),
  ]
  const healthy = findings.every(({ outcome }) => outcome !== 'failed')
  if (json) printJson({ healthy, findings })
  else
    for (const { check, outcome, detail, advice } of findings) {
      print(`${outcome.padEnd(7)}  ${check}: ${detail}`)
      if (advice !== undefined) print(`         ${advice}`)
    }
  return healthy ? EXIT.done : EXIT.refused
}

/** @throws {InvalidArgumentError} */
function collectFeature(name: string, before: readonly string[] = []): readonly string[] {
  if (FEATURE_NAMES.includes(name)) return [...before, name]
  throw new InvalidArgumentError(`It must be one of ${FEATURE_NAMES.join(', ')}.`)
}

const HELP = `
Exit code 1: something failed. Warnings alone end with 0.

Examples:
  $ sallyport doctor --database keys.db --audit /var/log/api/audit
  $ sallyport doctor --database postgres://api@db.example.com/api --redis redis://127.0.0.1:6379
  $ sallyport doctor --database postgres://api@db.example.com/api --uses events --uses access
  $ sallyport doctor --trust-proxy 10.0.0.0/8 --json`
