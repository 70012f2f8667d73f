import type { AuditSink } from '../audit/sink.js'
import type { MaybePromise } from '../lib/maybe.js'
import { FAILURE_CASES } from './audit-sink/failures.js'
import { LINE_CASES } from './audit-sink/lines.js'
import { STATE_CASES } from './audit-sink/state.js'
import { casesOn, type TestCase } from './suite.js'

const CASES = [...LINE_CASES, ...STATE_CASES]

/**
 * What every AuditSink must do. `open` gives a sink, or two handles on one trail, as two instances of an API have them. What it keeps is looked at
 * where it is a TrailReader as well; the cases of the optional `rest` ask nothing of one without it. `broken` gives a sink that cannot
 * write, for the case of a write that fails: without it, there is none. Whoever opens a sink closes it.
 * @example for (const { name, run } of auditSinkCases(open)) test(name, run)
 */
export function auditSinkCases(
  open: () => MaybePromise<AuditSink | readonly [AuditSink, AuditSink]>,
  broken?: () => MaybePromise<AuditSink>,
): readonly TestCase[] {
  return [...casesOn(open, CASES), ...(broken === undefined ? [] : casesOn(broken, FAILURE_CASES))]
}
