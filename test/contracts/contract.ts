import { readFileSync } from 'node:fs'

export interface ContractCase {
  readonly name: string
  readonly over?: 'http' | 'plain-proxy'
  readonly repeat?: number
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly rawBody?: string
  }
  readonly expect: {
    readonly status: unknown
    readonly headers?: Readonly<Record<string, unknown>>
    readonly body?: unknown
    readonly bodyText?: unknown
  }
  readonly save?: Readonly<Record<string, string>>
  readonly audit?: unknown
}

export interface Contract {
  readonly system: string
  readonly credentials: Readonly<Record<string, unknown>>
  readonly cases: readonly ContractCase[]
}

export function readContract(system: string): Contract {
  const file = new URL(`./${system}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Contract
}
