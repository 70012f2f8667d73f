import { expect, test } from '@jest/globals'
import { FairRoom } from '../../src/lib/fair-room.js'

interface Holder {
  size: number
  readonly isProven?: boolean
}

function open(most: number) {
  const gave = new Set<Holder>()
  const room = new FairRoom<Holder>({
    most,
    sizeOf: ({ size }) => size,
    letGo: (holder) => {
      gave.add(holder)
      holder.size = Math.floor(holder.size / 2)
    },
    isPreferred: ({ isProven = false }) => isProven,
    safe: 4_000,
  })
  const grow = (holder: Holder, by: number) => {
    holder.size += by
    room.update(holder)
  }
  return { grow, room, gave }
}

test('one that fills the room gives way to those that have little', () => {
  const { grow, gave } = open(10_000)
  const [flood, honest]: Holder[] = [{ size: 0 }, { size: 0 }]
  if (flood === undefined || honest === undefined) throw new Error('No holders.')
  grow(flood, 10_000)
  for (let count = 0; count < 1_000; count++) grow(honest, 1)
  expect(honest.size).toBe(1_000)
  expect(gave).toEqual(new Set([flood]))
  for (let count = 0; count < 50_000; count++) grow(flood, 1)
  expect(honest.size).toBe(1_000)
  expect(flood.size).toBeLessThanOrEqual(9_000)
})

test('one that grows is safe from many small ones, up to what comes before a checkpoint', () => {
  const { grow, gave } = open(10_000)
  const many = Array.from({ length: 5_000 }, () => ({ size: 0 }))
  for (const one of many) grow(one, 2)
  const honest: Holder = { size: 0 }
  for (let count = 0; count < 4_000; count++) grow(honest, 1)
  expect(honest.size).toBe(4_000)
  expect(gave.has(honest)).toBe(false)
  grow(honest, 4_000)
  expect(honest.size).toBe(4_000)
})

test('those that are preferred give way last, and what is given back makes room', () => {
  const { grow, room, gave } = open(1_000)
  const proven: Holder = { size: 0, isProven: true }
  const other: Holder = { size: 0 }
  grow(proven, 900)
  grow(other, 90)
  grow(proven, 20)
  expect([proven.size, other.size]).toEqual([920, 45])
  proven.size = 0
  room.update(proven)
  gave.clear()
  grow(other, 900)
  expect(gave.size).toBe(0)
  grow({ size: 0, isProven: true }, 2_000)
  expect(other.size).toBe(0)
})
