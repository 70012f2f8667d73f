import crypto from 'node:crypto'
import { MisuseError, type verifyTrail } from 'sallyport'
import * as chain from '../../src/record/chain.js'
import * as report from '../../src/record/report.js'
import { mutate, type Mutation } from '../mutant.js'

type Verify = typeof verifyTrail

const SAME: Mutation = ['const MAX_GONE = 100_000', 'const MAX_GONE = 100_000']

/** `verifyTrail` where a line of its file, or of that of the chain, is other than it is. */
export function verifyWithout(
  without: Mutation,
  file: 'chain.ts' | 'verify.ts' = 'verify.ts',
): Verify {
  const known = new Map<string, object>([
    ['node:crypto', crypto],
    ['../terms/misuse.js', { MisuseError }],
    ['./chain.js', chain],
    ['./report.js', report],
  ])
  if (file === 'chain.ts') known.set('./chain.js', mutate(`record/${file}`, without, known))
  const own = file === 'verify.ts' ? without : SAME
  const { verifyTrail: verify } = mutate('record/verify.ts', own, known) as { verifyTrail: Verify }
  return verify
}
