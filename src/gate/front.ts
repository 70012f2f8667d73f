import { warnOfUnsigned } from '../audit/unsigned.js'
import { createRequirementReader, type RequirementReader } from '../core/requirement-reader.js'
import { checkEvents } from '../events/check-options.js'
import type { AnswerOptions } from '../http/answers.js'
import { createProxies, type Proxies } from '../http/client-address.js'
import { createTransportRule } from '../http/transport.js'
import { createMemoryJobs } from '../keys/memory-jobs.js'
import { recover } from '../lib/maybe.js'
import { MAX_LIMIT } from '../limits/plans.js'
import { createRouteLimitReader } from '../limits/route-limit.js'
import { createDiagnosis } from '../telemetry/diagnosis.js'
import { answerOptionsOf } from './answer-options.js'
import type { CheckedOptions } from './check-options.js'
import { createDeny, type Deny } from './deny.js'
import { logError, OPTION_NAMES } from './options-schema.js'
import type { StepServices } from './steps.js'
import { createResets, type Resets } from './resets.js'

/** What of a gate is there from the first moment on, before the rest of it is loaded. */
export interface Front<S extends string> extends Pick<StepServices, 'refuseInsecure'> {
  readonly answers: AnswerOptions
  readonly proxies: Proxies
  readonly resets: Resets
  readonly readRequirement: RequirementReader<S>
  readonly deny: Deny
  readonly isDevelopment: boolean
  readonly onError: (error: unknown) => void
}

/** @throws {MisuseError} for options that go with no such store, and for those that need others */
export function createFront<S extends string>(given: CheckedOptions): Front<S> {
  const { clock, prefix, store, limits, catalogue, plans } = given
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const isDevelopment = process.env['NODE_ENV'] !== 'production'
  checkEvents({ ...given, isWatched: given.audit?.unusual === true })
  // Nobody else reaches those of a store that the gate makes itself.
  const jobs = store === undefined ? createMemoryJobs() : store.jobs
  const resets = createResets({ resets: given.served.resets, jobs, prefix, clock, onError })
  const answers = answerOptionsOf(given, onError, resets.headersOf)
  const proxies = createProxies(given.trustProxy, given.proxyHeaders)
  if (given.audit !== undefined) warnOfUnsigned(given.audit)
  return {
    ...{ answers, proxies, resets, isDevelopment, onError },
    refuseInsecure: createTransportRule(proxies, given.minTlsVersion, isDevelopment),
    deny: createDeny(answers, isDevelopment ? createDiagnosis(clock, onError) : undefined),
    readRequirement: createRequirementReader<S>({
      ...{ catalogue, smallest: plans?.smallest ?? MAX_LIMIT, audited: given.audit !== undefined },
      isWithoutPhi: given.isWithoutPhi,
      readLimit: createRouteLimitReader(),
      givesBack: limits.store === undefined || limits.store.release !== undefined,
      isGateOption: (name) => OPTION_NAMES().includes(name),
    }),
  }
}
