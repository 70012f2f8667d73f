import { describe, expect, test } from '@jest/globals'
import { keptSink } from '../audit/gates.js'
import { createPair, issuerWith, openGate, signText, CLAIMS } from '../jwt/issuer.js'

const pair = createPair('EdDSA', 'key-1')
const base64url = (text: string) => Buffer.from(text).toString('base64url')
const SIGNATURE = 'SIGNATURE'.repeat(4)

/** Headers as anybody may write them, all of which are JSON objects. */
const HEADERS: readonly string[] = [
  '{"alg":"EdDSA","typ":"at+jwt"}',
  '{ "alg":"EdDSA"}',
  '{\n  "alg": "EdDSA"\n}',
  '{\r\n\t"alg": "EdDSA" }',
  '{"x5t#S256":"abc","alg":"EdDSA"}',
  '{"x-y":1,"alg":"EdDSA"}',
  '{"\\u0061lg":"EdDSA"}',
  '{"":1,"alg":"EdDSA"}',
  '{"\u00e9":1,"alg":"EdDSA"}',
  '{}',
  ...[' ', '\t', '\n', '\r'].flatMap((one) =>
    ['', ' ', '\t', '\n', '\r', '\r\n'].map((other) => `${one}${other}{"alg":"EdDSA"}`),
  ),
  `${' '.repeat(70)}{"alg":"EdDSA"}`,
  `{${' '.repeat(70)}"alg":"EdDSA"}`,
]

const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 9)}...` : text)

describe.each(HEADERS.map((header) => [shown(header), header]))(
  'a token with the header %s',
  (_, header) => {
    const token = `${base64url(header)}.${base64url('{"sub":"SUBJECT"}')}.${SIGNATURE}`

    test('is one to the gate', async () => {
      const { verdict } = openGate([issuerWith(pair)])
      expect(await verdict(token)).toMatch(/^token_/)
    })

    test('stands nowhere in the trail', async () => {
      const sink = keptSink()
      const { gate } = openGate([], { audit: { sink } })
      const { secret } = await gate.keys.create({ name: 'a', ownerId: 'org_1' })
      const places = [
        token,
        `x${token}`,
        `xy${token}`,
        `a.b${token}`,
        `a.${token}.c`,
        `v1-${token}`,
      ]
      for (const place of places) {
        await gate.check({
          ...{ method: 'GET', url: `/files/${place}?a=b` },
          rawHeaders: ['X-API-Key', secret, 'User-Agent', `client/1.0 (${place})`],
          peer: { address: '203.0.113.9', encrypted: true },
        })
      }
      await gate.close()
      const records = sink.records('access')
      expect(records).toHaveLength(places.length)
      for (const record of records) {
        const text = JSON.stringify(record)
        expect(text).toContain('[secret]')
        expect(text).not.toContain(SIGNATURE)
        expect(text).not.toContain(base64url('{"sub":"SUBJECT"}'))
      }
    })
  },
)

test('one that the gate accepts is told from other text with dots in it', async () => {
  const sink = keptSink()
  const { gate } = openGate([issuerWith(pair)], { audit: { sink } })
  const token = await signText(JSON.stringify(CLAIMS), pair)
  const names = ['example.com.html', 'eyes.min.js', 'view.2030.01.csv', 'IHs.CXs.DXs', 'CiB7.a.b']
  for (const name of names) {
    await gate.check({
      ...{ method: 'GET', url: `/${name}`, rawHeaders: ['Authorization', `Bearer ${token}`] },
      peer: { address: '203.0.113.9', encrypted: true },
    })
  }
  await gate.close()
  expect(sink.records('access')).toMatchObject(
    names.map((name) => ({ path: `/${name}`, outcome: 'allowed' })),
  )
})

test('65,536 characters full of beginnings are read in no more than their own time', async () => {
  const sink = keptSink()
  const { gate } = openGate([], { audit: { sink }, bruteForce: false })
  for (const part of ['eyJ', 'ICB7', 'eyAg', 'CnsiCnsi', 'IHsi.', 'eyJ.', 'ewoKCgoK', 'ICAg']) {
    const url = `/${part.repeat(65_536 / part.length)}.a.b`
    const begun = performance.now()
    await gate.check({
      method: 'GET',
      url,
      rawHeaders: [],
      peer: { address: '203.0.113.9', encrypted: true },
    })
    await gate.audit.flush()
    expect(performance.now() - begun).toBeLessThan(500)
  }
  await gate.close()
})
