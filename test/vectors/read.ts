import { readFileSync } from 'node:fs'

/** What a file of vectors holds; the test that reads it says of which form that is. */
export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}
