import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError, type Demand } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'

const silent = createGate({
  environment: ['live', 'test'],
  keys: { prefix: 'acme' },
  scopes: ['read:patients'],
  penalties: false,
})

type Demanded = Demand<'read:patients'>

const WAYS = [
  ['gate.demand', (demand: Demanded) => silent.demand(demand)],
  ['gate.check', (demand: Demanded) => silent.check(requestWith('x'), demand)],
  ['guard of Express', (demand: Demanded) => expressGuard(silent, demand)],
  ['guard of Koa', (demand: Demanded) => koaGuard(silent, demand)],
] as const

describe.each(WAYS)('on a gate without an audit trail, %s', (_name, ask) => {
  test.each([
    [{ phi: PATIENT }, "'phi' needs an audit trail; give 'audit' to createGate"],
    [{ audit: 'required' }, "'audit' needs an audit trail; give 'audit' to createGate"],
    [{ audit: 'best-effort' }, "'audit' needs an audit trail; give 'audit' to createGate"],
  ] as const)('throws at %j', (demand, message) => {
    expect(() => ask(demand)).toThrow(MisuseError)
    expect(() => ask(demand)).toThrow(message)
  })

  test('takes what asks for none', () => {
    expect(() => ask({ scopes: ['read:patients'] })).not.toThrow()
  })
})

test('control: with one, the same demand is met, and on the disk before it is', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  expect(await gate.check(requestWith(secret), { phi: PATIENT })).toMatchObject({ allowed: true })
  expect(sink.records('access')).toMatchObject([{ phi: PATIENT }])
  await gate.close()
})
