/** The default of `onError`. */
export function logError(error: unknown): void {
  console.error('sallyport:', error)
}
