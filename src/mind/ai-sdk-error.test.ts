import { APICallError } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'

import { toMindError, toStreamError } from './ai-sdk-error.ts'
import { MindError } from './mind.ts'

const NOW = Date.parse('2026-11-01T00:00:00Z')

function apiError(headers: Record<string, string>, message = 'no'): APICallError {
  const place = { url: 'https://api', requestBodyValues: { secret: 'prompt' } }
  return new APICallError({ ...place, message, statusCode: 429, responseHeaders: headers })
}

describe('toMindError', () => {
  test.each([
    [{ 'retry-after': '12' }, 12],
    [{ 'Retry-After': 'Sun, 01 Nov 2026 00:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sat, 31 Oct 2026 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 0.25],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-3' }, 0],
    [{}, undefined],
  ])('waits as %j says', (headers, seconds) => {
    expect(toMindError(apiError(headers), NOW).retryAfterSeconds).toBe(seconds)
  })

  test.each([
    'Incorrect API key provided: sk-proj-abcdefghijkl',
    'bad header Authorization: Bearer abc.def.ghi',
    'x-api-key: 12345 is wrong',
    'API key AIzaSyA1234567890123456789012345678901 not valid',
    'AKIAIOSFODNN7EXAMPLE is unknown',
  ])('leaves secrets out: %s', (message) => {
    const error = toMindError(apiError({}, message), NOW)
    expect(error.message).toContain('[secret]')
    expect(error.message).not.toMatch(/abcdefghijkl|abc\.def|12345|FODNN/)
    expect(error.cause).toBeUndefined()
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'UND_ERR_SOCKET'])(
    '%s is the network’s',
    (code) => {
      const cause = Object.assign(new Error('connect'), { code })
      const error = toMindError(new TypeError('fetch failed', { cause }), NOW)
      expect(error).toMatchObject({ code: 'network', retryable: true })
      expect(error.message).toContain(code)
    },
  )

  test('a socket that hangs up is too', () => {
    expect(toMindError(new Error('socket hang up'), NOW)).toMatchObject({ code: 'network' })
  })

  test('a MindError stays itself', () => {
    const error = new MindError('x', { code: 'y', retryable: true })
    expect(toMindError(error, NOW)).toBe(error)
  })
})

describe('toStreamError', () => {
  test.each([
    ['overloaded, try later', true, 'stream_error'],
    [{ type: 'overloaded_error', message: 'busy' }, true, 'overloaded_error'],
    [{ error: { code: 'invalid_prompt', message: 'no' } }, false, 'invalid_prompt'],
    [{ message: 'x', statusCode: 503 }, true, '503'],
    [{ message: 'x', code: 400 }, false, '400'],
    [{ message: 'x', isRetryable: false }, false, 'stream_error'],
    [undefined, true, 'stream_error'],
  ])('%j', (part, retryable, code) => {
    expect(toStreamError(part, NOW)).toMatchObject({ retryable, code })
  })
})
