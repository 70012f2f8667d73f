const records = new Map(['rec_1', 'rec_2', 'rec_9'].map((id) => [id, { id, kind: 'observation' }]))

export function listRecords(): readonly object[] {
  return [...records.values()]
}

export function findRecord(id: string): object | undefined {
  return records.get(id)
}

/** Whether there was one. */
export function removeRecord(id: string): boolean {
  return records.delete(id)
}
