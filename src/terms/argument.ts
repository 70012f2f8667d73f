import { MisuseError } from './misuse.js'

/** For adapters: what their functions are given first must be a gate. @throws {MisuseError} `invalid_option` */
export function checkGate(gate: unknown, where: string): void {
  if (typeof (gate as { check?: unknown } | null | undefined)?.check === 'function') return
  throw new MisuseError(
    'invalid_option',
    `${where}: must be given a gate first, as createGate returns it`,
  )
}
