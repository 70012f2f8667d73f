import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Command, InvalidArgumentError, Option } from 'commander'
import { asOnLaptop } from './laptop.js'
import { openPlace, publicHalf, webhookSecret } from './place.js'
import { SIGN_IN } from './portal/sign-in.js'
import type { DemoPortal } from './portal/index.js'
import type { OpenSystem, System } from './system.js'

/** Loaded when it is started: what one of them needs is nothing to the others. */
const SYSTEMS = new Map<string, () => Promise<OpenSystem>>([
  ['healthcloud', async () => (await import('./healthcloud/index.js')).openHealthcloud],
  ['healthsync', async () => (await import('./healthsync/index.js')).openHealthsync],
  ['nimbus', async () => (await import('./nimbus/index.js')).openNimbus],
  ['novamed', async () => (await import('./novamed/index.js')).openNovamed],
  ['reference', async () => (await import('./reference/index.js')).openReference],
])

interface RunOptions {
  readonly framework: 'express' | 'koa'
  readonly port: number
  readonly database?: string
  readonly redis?: string
  /** `false`: with --no-audit. */
  readonly audit?: string | boolean
  readonly events?: string
  readonly webhook?: string
  readonly json?: true
}

await new Command('npm run example --')
  .description('Starts an example API with demo credentials.')
  .argument('<system>', `one of ${[...SYSTEMS.keys()].join(', ')}`)
  .addOption(
    new Option('--framework <name>', 'the server framework')
      .choices(['express', 'koa'])
      .default('express'),
  )
  .option('--port <number>', 'the port to listen on; 0 for any free one', portNumber, 3000)
  .option(
    '--database <place>',
    'a SQLite file to keep keys in, the URL of a PostgreSQL, or :memory: (default: .data/<system>.db)',
  )
  .option('--redis <url>', 'a Redis to count requests in; without it, they are counted in memory')
  .option('--audit <directory>', 'where audit records go (default: .data/<system>/audit)')
  .option('--no-audit', 'keep no audit records')
  .option(
    '--events <file>',
    'where the events go that an app would send by mail (default: .data/<system>/events.jsonl)',
  )
  .option('--webhook <url>', 'where the same events are posted to, signed')
  .option('--json', 'print one line of JSON instead of a table')
  .action(run)
  .parseAsync()

async function run(name: string, options: RunOptions, command: Command): Promise<void> {
  const load = SYSTEMS.get(name)
  if (load === undefined) {
    command.error(`error: no system '${name}'; choose one of ${[...SYSTEMS.keys()].join(', ')}`)
  }
  const { database = `.data/${name}.db`, events = `.data/${name}/events.jsonl` } = options
  const { redis, webhook } = options
  const audit = auditOf(name, options)
  const key = `.data/${name}/keys/audit.pem`
  const place = await openPlace({ database, redis, audit, key, events, webhook })
  const open = await load()
  const system = await open(place)
  const app = system[options.framework]()
  const server = createServer(asOnLaptop(system.portal?.beside(app) ?? app))
  server.on('error', (error) => {
    command.error(`error: cannot listen on port ${String(options.port)}: ${error.message}`)
  })
  server.listen(options.port, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const started = {
      system: name,
      framework: options.framework,
      url: `http://127.0.0.1:${String(port)}`,
    }
    const { credentials, hosts, portal } = system
    const kept = audit !== undefined && { audit, publicKey: publicHalf(key) }
    const posted = webhook !== undefined && {
      webhook: { url: webhook, secret: webhookSecret(key) },
    }
    const json = {
      ...started,
      ...(portal && consoleOf(started, portal)),
      credentials,
      hosts,
      events,
      ...posted,
    }
    if (options.json) console.log(JSON.stringify({ ...json, ...kept }))
    else {
      const lines = [...placesOf(database, events), ...webhookOf(posted), trailOf(kept)]
      console.log(introduce(started, system, lines))
    }
  })
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: a terminal sends it to the whole group, npm hands it on as well, and the second would end what the first has begun.
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      server.close(() => {
        void system
          .close()
          .catch(console.error)
          .finally(() => place.close())
      })
      server.closeAllConnections()
    })
  }
}

type Started = Readonly<Record<'system' | 'framework' | 'url', string>>

function consoleOf({ url }: Started, { path, people }: DemoPortal) {
  const ids = people.map(({ id }) => id)
  return { console: { url: `${url}${path}`, signIn: `${url}${SIGN_IN}`, people: ids } }
}

/** The page to open, and who can sign in to it. */
function introducePortal(started: Started, portal: DemoPortal | undefined): readonly string[] {
  if (portal === undefined)
    return ['In production, its developer console is not started: anyone could sign in.']
  const width = Math.max(...portal.people.map(({ name }) => name.length))
  return [
    `Open its developer console in a browser: ${started.url}${portal.path}`,
    'Demo people, without passwords:',
    ...portal.people.map(({ name, task }) => `  ${name.padEnd(width)}  ${task}`),
  ]
}

function introduce(started: Started, system: System, kept: readonly string[]): string {
  const { credentials, hosts, tries, portal } = system
  const width = Math.max(...Object.keys(credentials).map((name) => name.length))
  const table = Object.entries(credentials).map(
    ([name, secret]) => `  ${name.padEnd(width)}  ${secret}`,
  )
  const lines = tries.map((line) =>
    line
      .replace('URL', started.url)
      .replace(/\{(\w+)\}/g, (whole, name: string) => credentials[name] ?? whole),
  )
  return [
    ...introducePortal(started, portal),
    '',
    `${started.system} on ${started.framework} listens at ${started.url}`,
    ...Object.entries(hosts).map(([host, environment]) => `  ${environment}: ${host}`),
    '',
    'Demo credentials, new at every start:',
    ...table,
    '',
    'Try:',
    ...lines.map((line) => `  curl -i ${line}`),
    '',
    ...kept,
    '',
    'Stop with Ctrl-C.',
  ].join('\n')
}

function placesOf(database: string, events: string): readonly string[] {
  return [
    `Keys are kept in ${database}.`,
    `Reminders, and what is unusual, are written to ${events}, in the place of mail.`,
  ]
}

function webhookOf(posted: false | { readonly webhook: Readonly<Record<string, string>> }) {
  if (!posted) return []
  const { url = '', secret = '' } = posted.webhook
  return [`They are posted to ${url} as well, signed with ${secret}.`]
}

function auditOf(name: string, { audit = true }: RunOptions): string | undefined {
  if (audit === false) return undefined
  return audit === true ? `.data/${name}/audit` : audit
}

function trailOf(kept: false | { readonly audit: string; readonly publicKey: string }): string {
  if (!kept) return 'Audit records are not kept.'
  const { audit, publicKey } = kept
  return [
    `Audit trail: ${audit} (signed); see it: npx sallyport audit tail ${audit}`,
    `After Ctrl-C, prove it: npx sallyport audit verify ${audit} --public-key ${publicKey}`,
  ].join('\n')
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('It must be a number from 0 to 65535.')
}
