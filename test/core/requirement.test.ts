import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError, type Requirement } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from '../audit/gates.js'

const silent = createGate({
  environment: ['live', 'test'],
  keys: { prefix: 'acme' },
  scopes: ['read:patients'],
  bruteForce: false,
})

type Required = Requirement<'read:patients'>

const WAYS = [
  ['gate.requirement', (requirement: Required) => silent.requirement(requirement)],
  ['gate.check', (requirement: Required) => silent.check(requestWith('x'), requirement)],
  ['guard of Express', (requirement: Required) => expressGuard(silent, requirement)],
  ['guard of Koa', (requirement: Required) => koaGuard(silent, requirement)],
] as const

describe.each(WAYS)('on a gate without an audit trail, %s', (_name, ask) => {
  test.each([
    [{ phi: PATIENT }, "'phi' needs an audit trail; give 'audit' to createGate"],
    [{ audit: 'required' }, "'audit' needs an audit trail; give 'audit' to createGate"],
    [{ audit: 'best-effort' }, "'audit' needs an audit trail; give 'audit' to createGate"],
  ] as const)('throws at %j', (requirement, message) => {
    expect(() => ask(requirement)).toThrow(MisuseError)
    expect(() => ask(requirement)).toThrow(message)
  })

  test('takes what asks for none', () => {
    expect(() => ask({ scopes: ['read:patients'] })).not.toThrow()
  })
})

test('control: with one, the same requirement is met, and on the disk before it is', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  expect(await gate.check(requestWith(secret), { phi: PATIENT })).toMatchObject({ allowed: true })
  expect(sink.records('access')).toMatchObject([{ phi: PATIENT }])
  await gate.close()
})
