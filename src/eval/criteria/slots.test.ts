import { expect, test } from 'vitest'
import { shapeWith, told } from '../given-shape.ts'
import { checkSlots } from './slots.ts'

const shape = shapeWith({ slotsAsked: ['tone'], slots: { tone: 'warm' } })

test('exactly these were asked for: the one that was given is not (S4.31)', () => {
  expect(told(checkSlots({ asked: ['tone'] }, shape))).toEqual([['slots.asked', 'passed', 1]])
  expect(told(checkSlots({ asked: ['tone', 'company'] }, shape))[0]?.[1]).toBe('failed')
  expect(checkSlots({ asked: [] }, shape)[0]).toMatchObject({ result: 'failed', actual: 'tone' })
})

test('a slot holds its value, or is empty', () => {
  expect(told(checkSlots({ filled: { tone: 'warm' } }, shape))[0]?.[1]).toBe('passed')
  expect(checkSlots({ filled: { company: 'x' } }, shape)[0]).toMatchObject({
    name: 'slots.filled.company',
    result: 'failed',
    actual: 'empty',
  })
})
