import { createFormat, type Format } from './kit/format.js'
import { readGates, type ConsoleGates, type Gates } from './gates.js'
import { createAssets, type Assets } from './web/assets.js'
import { createKeyFilter, type KeyFilter } from './web/key-filter.js'
import { createDoneNotes, type DoneNotes } from './web/done.js'
import { createFormTokens, type FormTokens } from './web/form-token.js'
import { createFormLimits, type TakeForm } from './web/limits.js'
import { checkConsoleOptions, type CheckedConsoleOptions } from './options-schema.js'

/** Everything of a console that outlives a request. */
export interface Portal {
  readonly gates: Gates
  readonly options: CheckedConsoleOptions
  readonly assets: Assets
  readonly tokens: FormTokens
  readonly notes: DoneNotes
  readonly takeForm: TakeForm
  readonly format: Format
  readonly wholeKeys: KeyFilter
}

/** @throws {MisuseError} `invalid_option` */
export function createPortal<S extends string>(gates: ConsoleGates<S>, given: unknown): Portal {
  const options = checkConsoleOptions(given)
  const { clock, locale, timeZone, brand, secrets } = options
  const read = readGates(gates)
  return {
    gates: read,
    wholeKeys: createKeyFilter(read),
    options,
    assets: createAssets(brand),
    tokens: createFormTokens(secrets, clock),
    notes: createDoneNotes(secrets, clock),
    takeForm: createFormLimits(clock),
    format: createFormat(locale, timeZone, clock),
  }
}
