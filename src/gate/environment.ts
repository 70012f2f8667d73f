import { MisuseError } from '../core/errors.js'

/** An issuer with the environment that its tokens are for: the first of the gate, unless it says another. @throws {MisuseError} */
export function inEnvironment<T extends { environment?: string | undefined }>(
  issuer: T,
  environments: readonly string[],
  option: string,
): T & { environment: string } {
  const { environment = environments[0] ?? '' } = issuer
  if (environments.includes(environment)) return { ...issuer, environment }
  const known = environments.map((name) => `'${name}'`).join(', ')
  throw new MisuseError(
    'invalid_option',
    `createGate: '${option}' has one for '${environment}'; its environment must be one of ${known}`,
  )
}
