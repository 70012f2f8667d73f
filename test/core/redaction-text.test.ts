import { describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createCleaner } from '../../src/core/redaction.js'

const clean = createCleaner('acme')
const BODY = 'Zk3Qm9Xv7Rt2Wp5Y'

describe('what looks like a key of the gate is not written down', () => {
  test.each([
    ['alone', 'acme_live2_sk_Ab9Z', '[secret]'],
    ['within a text', 'a acme_live2_sk_Ab9Z, b', 'a [secret], b'],
    ['more than once', 'acme_live_sk_A acme_test_sk_B', '[secret] [secret]'],
    ['with its underscores encoded', `acme%5Flive%5fsk%5F${BODY}`, 'acme%5Flive_[secret]'],
    ['with other characters encoded', `/x?k=acme_live_s%6B_${BODY}`, '/x?k=acme_live_[secret]'],
    ['with those in lower case', `/x?k=acme_live_s%6b_${BODY}`, '/x?k=acme_live_[secret]'],
    ['where other things are percent-encoded', '%2Fa%20acme_live_sk_A', '%2Fa%20[secret]'],
  ])('%s', (_, text, left) => {
    expect(clean(text, 400)).toBe(left)
  })

  test.each([
    ['acme_', 'acme_'],
    ['acme_LIVE_sk_Ab9Z', 'acme_LIVE_sk_Ab9Z'],
    ['acme_live_1k_Ab9Z', 'acme_live_1k_Ab9Z'],
    ['acme_live_sk_', 'acme_live_sk_'],
    ['what is encoded, 100%25 and %C3%A9', 'what is encoded, 100%25 and %C3%A9'],
    ['%zz and %', '%zz and %'],
  ])('and what does not is: %s', (text, left) => {
    expect(clean(text, 400)).toBe(left)
  })
})

describe('what looks like a token is not written down', () => {
  const header = 'eyJhbGciOiJub25lIn0'
  test.each([
    ['alone', `${header}.AAAA.BBBB`, '[secret]'],
    ['where its header is empty', 'e30.AAAA.BBBB', '[secret]'],
    ['encrypted, in five parts', `a ${header}.AAAA.BBBB.CCCC.DDDD b`, 'a [secret] b'],
    ['without a payload', `a ${header}..BBBB b`, 'a [secret] b'],
    ['behind other parts', `v1.file.x-${header}.AAAA.BBBB`, 'v1.file.x-[secret]'],
    ['twice', `${header}.A.B ${header}.C.D`, '[secret] [secret]'],
    ['where each part before a dot ends as one may begin', 'eyJI.AI.BB', '[secret]'],
    ['behind dots', `..${header}.AAAA.BBBB`, '..[secret]'],
  ])('%s', (_, text, left) => {
    expect(clean(text, 400)).toBe(left)
  })

  test.each([
    ['of two parts', `a ${header}.AAAA b`],
    ['whose header is the last but one', `a.b.${header}.AAAA`],
    ['whose header is the last', `a.b.${header}`],
  ])('and what does not is: %s', (_, text) => {
    expect(clean(text, 400)).toBe(text)
  })

  test('nor kept as the name of a key', async () => {
    const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
    const name = (text: string) => gate.keys.create({ name: text, ownerId: 'org_1' })
    await expect(name(`of ${header}.AAAA.BBBB`)).rejects.toThrow('name')
    await expect(name(`of other_live_sk_${BODY}`)).rejects.toThrow('name')
    await expect(name(`of ${header}.AAAA`)).resolves.toBeDefined()
  })
})

describe('what a request came with is not written down', () => {
  test.each([
    ['of 8 characters', '8 chars!', 'a 8 chars! b 8 chars!', 'a [secret] b [secret]'],
    ['but of 7, which may be a word of the text', '7 chars', 'a 7 chars b', 'a 7 chars b'],
    ['percent-encoded', 'plain one', 'a plain%20one b', 'a [secret] b'],
    ['unless it is not there', 'elsewhere', 'a b', 'a b'],
  ])('%s', (_, presented, text, left) => {
    expect(clean(text, 400, presented)).toBe(left)
  })
})

test.each([
  [4, 'abcd', 'abcd'],
  [4, 'abcde', 'abcd'],
  [0, 'a', ''],
])('of a text, at most %i characters are kept', (max, text, left) => {
  expect(clean(text, max)).toBe(left)
})

test.each([
  ['NUL', 'a\0b\0', 'a\ufffdb\ufffd'],
  ['the first half of a pair', 'a\ud83d b', 'a\ufffd b'],
  ['the first half at the end', 'a\ud83d', 'a\ufffd'],
  ['the second half of a pair', 'a\ude00 b', 'a\ufffd b'],
  ['the second half at the beginning', '\ude00', '\ufffd'],
  ['a whole pair, which stays', 'a\ud83d\ude00b', 'a\ud83d\ude00b'],
  ['a pair that is cut', 'abc\ud83d\ude00', 'abc\ufffd'],
  ['other letters, which stay', '\u00e9\u20ac\t', '\u00e9\u20ac\t'],
])('what a database cannot keep is replaced: %s', (_, text, left) => {
  expect(clean(text, 4)).toBe(left.slice(0, 4))
})
