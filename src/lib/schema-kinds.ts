import * as z from 'zod/mini'

export function functionOf<T>(write: string) {
  return z.custom<T>((value) => typeof value === 'function', write)
}

export function objectWith<T>(methods: readonly string[], write: string) {
  return z.custom<T>((value) => methods.every((method) => hasMethod(value, method)), write)
}

function hasMethod(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function'
}
