import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostmanCollection } from 'sallyport/openapi'
import * as v from 'valibot'

/** What a request of a collection came to, and what its example says. */
export interface Ran {
  readonly name: string
  readonly status: number
  readonly body: unknown
  /** Absent where the collection has none. */
  readonly example: { readonly status: number; readonly body: unknown } | undefined
}

const NEWMAN = createRequire(import.meta.url).resolve('newman/bin/newman.js')
const reportSchema = v.object({
  run: v.object({
    executions: v.array(
      v.object({
        item: v.object({
          name: v.string(),
          response: v.array(v.object({ code: v.number(), body: v.optional(v.string()) })),
        }),
        response: v.object({
          code: v.number(),
          stream: v.optional(v.object({ data: v.array(v.number()) })),
        }),
      }),
    ),
  }),
})

const itemSchema = v.looseObject({
  name: v.string(),
  request: v.looseObject({ header: v.array(v.object({ key: v.string(), value: v.string() })) }),
})

interface Runs {
  readonly baseUrl: string
  /** The key for a request of this name. */
  readonly keyOf: (name: string) => string
  /** For each request. */
  readonly headers: Readonly<Record<string, string>>
}

/** Runs a collection with newman, the command of Postman. */
export async function runCollection(
  collection: PostmanCollection,
  { baseUrl, keyOf, headers }: Runs,
): Promise<readonly Ran[]> {
  const more = Object.entries(headers).map(([key, value]) => ({ key, value }))
  const item = collection.item.map((each) => {
    const { name, request, ...rest } = v.parse(itemSchema, each)
    const header = request.header.map(({ key, value }) => ({
      ...{ key, value: value.replace('{{apiKey}}', keyOf(name)) },
    }))
    return { name, request: { ...request, header: [...header, ...more] }, ...rest }
  })
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-newman-'))
  const [from, to] = [join(folder, 'collection.json'), join(folder, 'report.json')]
  writeFileSync(from, JSON.stringify({ ...collection, item }))
  const given = ['--env-var', `baseUrl=${baseUrl}`]
  const report = ['--reporters', 'json', '--reporter-json-export', to]
  try {
    await promisify(execFile)(process.execPath, [NEWMAN, 'run', from, ...given, ...report])
    const { run } = v.parse(reportSchema, JSON.parse(readFileSync(to, 'utf8')))
    return run.executions.map((execution) => {
      const [example] = execution.item.response
      return {
        ...{ name: execution.item.name, status: execution.response.code },
        body: parsed(Buffer.from(execution.response.stream?.data ?? []).toString()),
        example: example && { status: example.code, body: parsed(example.body) },
      }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function parsed(text = ''): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/** What a value is made of: an example says no more of an answer than this. */
export function shapeOf(value: unknown, like: unknown): unknown {
  if (Array.isArray(like) && like.length === 0) return []
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => shapeOf(one, [like].flat()[0]))
  if (typeof value !== 'object' || value === null) return typeof value
  const names = Object.keys(typeof like === 'object' && like !== null ? like : value)
  return Object.fromEntries(
    names.map((name) => [name, shapeOf(Reflect.get(value, name), like && Reflect.get(like, name))]),
  )
}
