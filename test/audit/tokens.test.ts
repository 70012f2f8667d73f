import { expect, test } from '@jest/globals'
import { auditedGate, KEY, keptSink, requestWith } from './gates.js'

test('what a token did is found by the key that it was made from', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink }, undefined, {
    tokens: { issuer: 'https://api.example.com' },
  })
  const { id, secret } = await gate.keys.create(KEY)
  const { accessToken, tokenId } = await gate.tokens.exchange(secret)
  await gate.check(requestWith(accessToken))
  await gate.close()
  expect(sink.records('access').at(-1)).toMatchObject({ keyId: id, tokenId, ownerId: 'org_1' })
  expect(JSON.stringify(sink.records('access'))).not.toContain(accessToken.slice(0, 40))
})
