import type { Command } from 'commander'
import type { Access, AccessRequest } from 'sallyport/access'
import { plain, print, printJson } from '../output.js'
import { collect, parseEnd, parseName } from '../parse.js'
import { addDecision, personOf, withAccess, type DecisionOptions } from './session.js'

const ID = 'acc_4fQ2nT8vYb1LxWc0RzK7aM'

interface ApproveOptions extends DecisionOptions {
  readonly environment?: readonly string[]
  readonly scope?: readonly string[]
  readonly plan?: string
  readonly until?: Date
  readonly conditions?: string
}

export function addApprove(access: Command): void {
  addDecision(
    access
      .command('approve')
      .description('Approves a request for access, or a part of it.')
      .argument('<id>', 'the id of the request', parseName)
      .option('--environment <name>', 'only this one; several times for several', collect)
      .option('--scope <scope>', 'only this one; several times for several', collect)
      .option('--plan <name>', 'the plan of new keys that name none, in the words of the app')
      .option('--until <when>', "'2030-01-31', '2030-01-31T12:00:00Z' or '365d'", parseEnd)
      .option('--conditions <text>', 'what it is bound to; the organization reads it')
      .option('--reason <text>', 'why; the organization reads it'),
  )
    .addHelpText('after', APPROVE_HELP)
    .action(approve)
}

async function approve(id: string, options: ApproveOptions): Promise<void> {
  const { environment, scope, plan, until, conditions, reason } = options
  const input = {
    by: personOf(options),
    ...(environment !== undefined && { environments: environment }),
    ...(scope !== undefined && { scopes: scope }),
    ...(plan !== undefined && { plan }),
    ...(until !== undefined && { until }),
    ...(conditions !== undefined && { conditions }),
    ...(reason !== undefined && { reason }),
  }
  show(await withAccess(options, (access) => access.approve(id, input)), options)
}

/** The steps that need a reason. */
export function addRefusals(access: Command): void {
  for (const [name, what, example] of [
    ['deny', 'Denies a request for access.', 'Tell us more about the use case.'],
    ['suspend', 'Suspends approved access, from the next request on.', 'unusual use'],
  ] as const) {
    addDecision(
      access
        .command(name)
        .description(what)
        .argument('<id>', 'the id of the request', parseName)
        .requiredOption('--reason <text>', 'why; the organization reads it'),
    )
      .addHelpText('after', helpOf(name, ` --reason '${example}'`))
      .action((id: string, options: DecisionOptions & { readonly reason: string }) =>
        take(options, (own) => own[name](id, { by: personOf(options), reason: options.reason })),
      )
  }
}

/** The steps that need none. */
export function addEnds(access: Command): void {
  for (const [name, what] of [
    ['resume', 'Lifts a suspension.'],
    ['end', 'Ends a request, or approved access, for good.'],
  ] as const) {
    addDecision(
      access
        .command(name)
        .description(what)
        .argument('<id>', 'the id of the request', parseName)
        .option('--reason <text>', 'why; the organization reads it'),
    )
      .addHelpText('after', helpOf(name, ''))
      .action((id: string, options: DecisionOptions) => {
        const { reason } = options
        const input = { by: personOf(options), ...(reason !== undefined && { reason }) }
        return take(options, (own) => own[name](id, input))
      })
  }
}

async function take(
  options: DecisionOptions,
  step: (access: Access) => Promise<AccessRequest>,
): Promise<void> {
  show(await withAccess(options, step), options)
}

function show(request: AccessRequest, { json }: DecisionOptions): void {
  const { id, ownerId, state, environments } = request
  if (json) printJson(request)
  else print(`${id} of ${plain(ownerId)} is ${state} (${plain(environments.join(', '))}).`)
}

function helpOf(name: string, rest: string): string {
  return `
Examples:
  $ sallyport access ${name} ${ID}${rest}`
}

const APPROVE_HELP = `
Examples:
  $ sallyport access approve ${ID}
  $ sallyport access approve ${ID} --environment sandbox --until 365d --as ann`
