export { createConsole, type Console } from './create-console.js'
export type { ConsoleGates } from './gates.js'
export { columnChart, rowChart, type Chart, type Column, type Row } from './kit/charts.js'
export { html, Markup, type Piece } from './kit/html.js'
export type {
  ConsoleBrand,
  ConsoleDescription,
  ConsoleOptions,
  ConsoleRequest,
  ConsoleUser,
  Permission,
  StepUpAction,
} from './options.js'
export {
  createMemoryReviewStore,
  signedReviewFrom,
  type CountedRecords,
  type ReviewFilter,
  type ReviewStore,
  type SignedReview,
} from './review-store.js'
export type { Ranked, ReviewedWeek } from './trail/reviewed-week.js'
