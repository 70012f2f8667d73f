import * as z from 'zod/mini'
import { hasMethods } from './has-methods.js'

export function functionOf<T>(write: string) {
  return z.custom<T>((value) => typeof value === 'function', write)
}

export function objectWith<T>(methods: readonly string[], write: string) {
  return z.custom<T>((value) => hasMethods(value, ...methods), write)
}
