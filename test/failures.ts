import { DiagnosisError } from 'sallyport'

/** An `onError` that keeps what has failed. That a request was rejected, and why, is no failure. */
export function failuresInto(told: unknown[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof DiagnosisError)) told.push(error)
  }
}
