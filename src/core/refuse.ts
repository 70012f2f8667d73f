import type { DenialCheck } from './cause.js'
import { Refusal, type Diagnosis, type Reason, type RefusalDetails } from './denial.js'
import { discreet } from './redaction.js'

/** A check that failed, before it is put into words. */
export interface Finding {
  readonly check: DenialCheck
  /** What it was looked for in, where the check alone does not say: the name of a claim. */
  readonly name?: string | undefined
  /** A text as it is to be read, or the values that would have been right. */
  readonly expected: string | readonly unknown[]
  /** A value, which is quoted, or `told(...)`. */
  readonly got: unknown
  /** What the operator can do. One sentence. */
  readonly fix?: string | undefined
  /** Whose token it is, by the option. */
  readonly issuer?: string | undefined
  /** Whether it is a mistake of the app, which no client can change. */
  readonly isMistake?: true
  /** Whether it is business as usual, of which `onError` is not told. */
  readonly isOrdinary?: true
  /** Whether the value is that of a token whose signature was not verified. */
  readonly isUnproven?: boolean
}

const MAX = 256
const UNPROVEN = ' (signature not verified)'
/** Of a value that is read: what is far beyond the bound is not escaped first. */
const MOST = 4_096

/** A text of our own, which is not quoted. */
class Told {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What came, in words of our own. */
export function told(text: string): unknown {
  return new Told(text)
}

/**
 * A refusal with its cause, which is put into words when it is read. A client may write its credential anywhere: what the request was presented with is left out.
 * @param finding or how it is found out, by what was presented
 */
export function refuse(
  reason: Reason,
  finding: Finding | ((presented: string) => Finding),
  details: RefusalDetails = {},
): Refusal {
  return new Refusal(reason, details, (presented) => {
    const found = typeof finding === 'function' ? finding(presented ?? '') : finding
    return diagnosisOf(found, presented)
  })
}

function diagnosisOf(finding: Finding, presented: string | undefined): Diagnosis {
  const {
    check,
    name,
    expected,
    got,
    fix,
    issuer,
    isMistake,
    isOrdinary,
    isUnproven = false,
  } = finding
  const write = (text: string) => escaped(discreet(text, presented))
  const of = name === undefined ? '' : `${write(name)}: `
  const cause = Object.freeze({
    check,
    expected: cut(
      of + (typeof expected === 'string' ? write(expected) : alternatives(expected, write)),
      '',
    ),
    got: cut(of + shown(got, write), isUnproven ? UNPROVEN : ''),
  })
  return {
    ...{ cause, fix: fix && write(fix), issuer },
    ...(isMistake && { isMistake }),
    ...(isOrdinary && { isOrdinary }),
  }
}

/** The same refusal, of a token whose signature has not been looked at. */
export function unproven(refusal: Refusal): Refusal {
  const { reason, details, diagnose } = refusal
  if (diagnose === undefined) return refusal
  return new Refusal(reason, details, (presented) => {
    const diagnosis = diagnose(presented)
    const { cause } = diagnosis
    return { ...diagnosis, cause: Object.freeze({ ...cause, got: cut(cause.got, UNPROVEN) }) }
  })
}

type Write = (text: string) => string

function alternatives(values: readonly unknown[], write: Write): string {
  const some = values.slice(0, 8).map((value) => shown(value, write))
  const more = values.length - some.length
  return some.join(' or ') + (more > 0 ? ` or ${String(more)} more` : '')
}

function shown(value: unknown, write: Write): string {
  if (value instanceof Told) return write(value.text)
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return `'${write(value)}'`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? write(JSON.stringify(value)) : typeof value
}

/** A text that came from elsewhere, to be shown to the operator: without secrets, and escaped. */
export function printable(text: string): string {
  return escaped(discreet(text, undefined))
}

/** Printable ASCII. */
function escaped(text: string): string {
  return text
    .slice(0, MOST)
    .replace(/[^ -~]/g, (one) => String.raw`\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function cut(text: string, mark: string): string {
  const most = MAX - mark.length
  return (text.length > most ? `${text.slice(0, most - 3)}...` : text) + mark
}
