export { createConsole, type Console } from './create-console.js'
export type { ConsoleGates } from './gates.js'
export type {
  ConsoleBrand,
  ConsoleOptions,
  ConsoleRequest,
  ConsoleUser,
  Permission,
  StepUpAction,
} from './options.js'
