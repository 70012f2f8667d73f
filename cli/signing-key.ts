import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { UsageError } from './exit.js'
import { fileFault } from './file-fault.js'
import { print, tell } from './output.js'

interface GenerateOptions {
  readonly algorithm: 'RS256' | 'ES256' | 'EdDSA'
  readonly format: 'jwk' | 'pem'
  readonly output?: string
}

export function addSigningKey(program: Command): void {
  program
    .command('signing-key')
    .description('Makes keys that the app signs its tokens with.')
    .command('generate')
    .description(
      'Makes a private key for tokens.signingKeys. It is a secret: anyone who has it can make tokens for every caller.',
    )
    .addOption(
      new Option('--algorithm <name>', 'how tokens will be signed')
        .choices(['RS256', 'ES256', 'EdDSA'])
        .default('RS256'),
    )
    .addOption(
      new Option('--format <name>', 'a JWK, or PEM (PKCS #8)')
        .choices(['jwk', 'pem'])
        .default('jwk'),
    )
    .option('--output <file>', 'a new file that only you can read; without it, standard output')
    .addHelpText('after', HELP)
    .action(generate)
}

async function generate({ algorithm, format, output }: GenerateOptions): Promise<void> {
  const { privateKey } = keyPair(algorithm)
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const text =
    format === 'pem'
      ? pemOf(privateKey)
      : JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' })
  if (output === undefined) print(text)
  else save(output, text)
  tell(`Made a key for ${algorithm}; its kid is ${kid}.`)
}

function keyPair(algorithm: GenerateOptions['algorithm']): { readonly privateKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 3_072 })
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd()
}

/** Never over a file that is there: it may be the key that the app signs with. @throws {UsageError} */
function save(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new UsageError(`--output: the file cannot be written: ${fileFault(error)}`)
  }
}

const HELP = `
Examples:
  $ sallyport signing-key generate --output signing-key.json
  $ sallyport signing-key generate --algorithm ES256 --format pem --output signing-key.pem`
