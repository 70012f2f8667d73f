import type { Command } from 'commander'
import { addExport } from './export.js'
import { addQuery } from './query.js'
import { addReport } from './report/index.js'
import { addTail } from './tail.js'

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('Reads the audit trail.')
  addTail(audit)
  addQuery(audit)
  addReport(audit)
  addExport(audit)
}
