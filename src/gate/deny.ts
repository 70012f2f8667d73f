import type { Charge } from '../core/charge.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import { earlierContext, LazyDenial, type AnswerOptions } from '../http/answers.js'
import type { Diagnose } from '../telemetry/diagnosis.js'

/** Makes a denial of a refusal, and tells the operator why. */
export type Deny = (
  refusal: Refusal,
  request: GateRequest | undefined,
  charge?: Charge,
  presented?: string,
  caller?: string,
) => LazyDenial

/** @param diagnose told of each refusal; absent in production: anybody can cause them */
export function createDeny(answers: AnswerOptions, diagnose: Diagnose | undefined): Deny {
  return (
    refusal,
    request,
    charge = request && earlierContext(request, answers)?.charge,
    presented,
    caller,
  ) => {
    diagnose?.(refusal, presented, caller)
    return new LazyDenial(refusal, request, answers, charge, presented)
  }
}
