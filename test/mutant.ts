import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import ts from 'typescript'

/** What is taken out of a file, and what takes its place. */
export type Mutation = readonly [text: string, instead: string]

type Modules = ReadonlyMap<string, object>

/**
 * What a file of `src` exports when a line of it is other than it is, as long as it has that line exactly once. What it imports is
 * looked up in `modules`.
 */
export function mutate(file: string, [text, instead]: Mutation, modules: Modules): object {
  const source = readFileSync(join(import.meta.dirname, '../src', file), 'utf8')
  if (source.split(text).length !== 2) throw new Error(`${file} does not have once: ${text}`)
  const { outputText } = ts.transpileModule(source.replace(text, instead), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const exports = {}
  const require = (name: string) => {
    const module = modules.get(name)
    if (module === undefined) throw new Error(`${file} imports ${name}: put it into the modules.`)
    return module
  }
  const run = compileFunction(outputText, ['require', 'exports']) as (...given: unknown[]) => void
  run(require, exports)
  return exports
}
