import type { Command } from 'commander'
import type { Ended } from '../exit.js'
import { addExport } from './export.js'
import { addPrune } from './prune.js'
import { addQuery } from './query.js'
import { addReport } from './report/index.js'
import { addTail } from './tail.js'
import { addVerify } from './verify.js'

export function addAudit(program: Command, ended: Ended): void {
  const audit = program.command('audit').description('Reads, verifies and prunes an audit trail.')
  addTail(audit)
  addQuery(audit)
  addReport(audit)
  addExport(audit)
  addVerify(audit, ended)
  addPrune(audit)
}
