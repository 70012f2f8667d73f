import { describe, expect, test } from '@jest/globals'
import { createGate, readEvents, type AuditOptions, type AuditSink } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { createAuditFiles } from 'sallyport/file'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ANN = { id: 'ann', name: 'Ann', ownerId: 'org_1', address: '203.0.113.7' }
const LEE = { id: 'lee', ownerId: 'staff' }
const ASK = { ownerId: 'org_1', by: ANN, useCase: 'Labs.', environments: ['live'] }
const TERMS = { 'api-terms': { version: '1', text: 'Be nice.' } }

function open(sink: AuditSink, mode: AuditOptions['mode']) {
  const stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
  const access = createAccess({ ...stores, terms: TERMS })
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], access },
    audit: { sink, ...(mode !== undefined && { mode }) },
    onError: () => undefined,
  })
  return { access, gate, stores }
}

describe.each(['best-effort', 'required'] as const)('in mode %s', (mode) => {
  test('each step of access is a record: who, what, of whom and from where', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-enrollment-'))
    const sink = createAuditFiles(folder)
    const { access, gate } = open(sink, mode)
    const { id } = await access.request({ ...ASK, accept: [{ id: 'api-terms', version: '1' }] })
    await access.approve(id, { by: LEE })
    await access.suspend(id, { by: LEE, reason: 'Unusual use.' })
    await expect(access.approve(id, { by: LEE })).rejects.toThrow('was suspended')
    await access.end(id, { by: LEE })
    await gate.audit.flush()
    const { items } = await gate.audit.query({ kind: 'enrollment', ownerId: 'org_1' })
    expect(items.map((event) => event.kind === 'enrollment' && event.action)).toEqual(
      expect.arrayContaining(['end', 'suspend', 'approve', 'request', 'accept']),
    )
    expect(items).toHaveLength(5)
    expect(items).toContainEqual(
      expect.objectContaining({
        ...{ action: 'request', outcome: 'made', subjectId: id, environments: ['live'] },
        ...{ by: { subject: 'ann', name: 'Ann', ownerId: 'org_1' }, client: '203.0.113.7' },
      }),
    )
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'accept', terms: { id: 'api-terms', version: '1' } }),
    )
    // The words of people are in the store alone.
    expect(JSON.stringify(items)).not.toContain('Unusual')
    const all = []
    for await (const event of readEvents(sink)) all.push(event)
    expect(all).toHaveLength(5)
    await gate.close()
    rmSync(folder, { recursive: true })
  })
})

test("in mode 'required', a step that cannot be recorded is not taken", async () => {
  let isFull = true
  const write = () => (isFull ? Promise.reject(new Error('No space left.')) : undefined)
  const { access, gate, stores } = open({ write }, 'required')
  await expect(
    access.agreements.accept({
      ownerId: 'org_1',
      by: ANN,
      terms: { id: 'api-terms', version: '1' },
    }),
  ).rejects.toMatchObject({ name: 'AuditError' })
  expect((await stores.agreements.list({})).items).toEqual([])
  isFull = false
  await gate.close()
}, 30_000)
