import { setTimeout as pause } from 'node:timers/promises'
import { parseAuditLine, type AccessRecord } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { matches } from './matchers.js'

/** Records are written beside the requests, a moment later. */
const PATIENCE_MS = 2_000
const ABSENT_MS = 200

/** What the trail holds of a request: of records with one id, the last. */
async function recordsOf(directory: string, requestId: string): Promise<readonly AccessRecord[]> {
  const records = new Map<string, AccessRecord>()
  for await (const { line } of createAuditFiles(directory).lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'access' && record.requestId === requestId) records.set(record.id, record)
  }
  return [...records.values()]
}

/** Asserts that the trail has exactly one record of a request, which is as expected; or none. */
export async function expectAudited(
  directory: string,
  requestId: string,
  expected: unknown,
): Promise<void> {
  const absent = typeof expected === 'object' && expected !== null && '$absent' in expected
  if (absent) {
    await pause(ABSENT_MS)
    matches((await recordsOf(directory, requestId)).length, 0, 'records')
    return
  }
  const end = performance.now() + PATIENCE_MS
  let records: readonly AccessRecord[] = []
  while (records[0]?.status === undefined && performance.now() < end) {
    await pause(20)
    records = await recordsOf(directory, requestId)
  }
  matches(records.length, 1, 'records')
  matches(records[0], { ...(expected as object), $open: true }, 'record')
}
