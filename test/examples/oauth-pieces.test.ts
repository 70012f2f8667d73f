import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/authorization-server.md', 'utf8')

test.each(['mount-oauth.ts', 'token-requests.ts', 'revoked-grants.ts'])(
  'docs/authorization-server.md shows %s as the examples run it',
  (name) => {
    const file = readFileSync(`examples/oauth/${name}`, 'utf8')
    expect(file.startsWith(`// ${name}\n`)).toBe(true)
    expect(page).toContain(`\`\`\`ts\n${file}\`\`\``)
  },
)
