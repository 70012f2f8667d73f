import type { Command } from 'commander'
import type { ApiKey } from 'sallyport'
import { parsePair } from '../parse.js'
import { scopeOption } from '../settings.js'

/** Which keys are wanted, beside what a store can look for. */
export interface KeyFilterOptions {
  readonly hint?: string
  readonly name?: string
  readonly scope?: readonly string[]
  readonly metadata?: readonly (readonly [string, string])[]
}

export function addKeyFilters(command: Command): Command {
  return command
    .option('--hint <hint>', "only those whose secret ends like this: '...eSwg' or 'eSwg'")
    .option('--name <text>', 'only those with this text in their name, in any letter case')
    .addOption(scopeOption('only those with this scope; several times: with all of them'))
    .option(
      '--metadata <key=value>',
      'only those with this in their metadata; several times: with all of it',
      (text, before: KeyFilterOptions['metadata'] = []) => [...before, parsePair(text)],
    )
}

/** `undefined` where every key is wanted. */
export function keyFilterOf(options: KeyFilterOptions): ((key: ApiKey) => boolean) | undefined {
  const { hint, name, scope = [], metadata = [] } = options
  const tests: ((key: ApiKey) => boolean)[] = []
  if (hint !== undefined) tests.push(hasHint(hint))
  if (name !== undefined) tests.push(hasInName(name))
  for (const one of scope) tests.push(({ scopes }) => scopes.includes(one))
  for (const [member, value] of metadata) {
    tests.push(
      (key) => Object.hasOwn(key.metadata, member) && textOf(key.metadata[member]) === value,
    )
  }
  return tests.length === 0 ? undefined : (key) => tests.every((test) => test(key))
}

/** Of a hint as it is shown, of its end, or of a whole secret. */
export function hasHint(text: string): (key: ApiKey) => boolean {
  const [start = '', end = ''] = text.includes('...') ? text.split('...', 2) : ['', text]
  return ({ hint }) => {
    const [own = '', last = ''] = hint.split('...', 2)
    if (end === '' || !last.endsWith(end.slice(-last.length))) return false
    return end.length > last.length ? end.startsWith(own) : own.startsWith(start)
  }
}

export function hasInName(text: string): (key: ApiKey) => boolean {
  const wanted = text.toLowerCase()
  return ({ name }) => name.toLowerCase().includes(wanted)
}

/** As it is typed: `billing`, `7`, `true`; a list or an object as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
