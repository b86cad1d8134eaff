import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toContentDisposition } from './content-disposition.ts'

describe('a file name in content-disposition', () => {
  test.each([
    ['letter.md', 'attachment; filename="letter.md"'],
    [
      'Grüße 日本.md',
      `attachment; filename="Gr__e __.md"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E6%97%A5%E6%9C%AC.md`,
    ],
    ['a"b.md', 'attachment; filename="a_b.md"'],
    ['a\r\nset-cookie: x', 'attachment; filename="a__set-cookie_ x"'],
    ['../../etc/passwd', 'attachment; filename="_.._etc_passwd"'],
    ['C:\\boot.ini', 'attachment; filename="C__boot.ini"'],
    ['con.txt', 'attachment; filename="_con.txt"'],
    ['a%22b', 'attachment; filename="a_22b"'],
    ['...', 'attachment; filename="artifact"'],
    ['', 'attachment; filename="artifact"'],
    ['x\u202Egpj.exe', 'attachment; filename="x_gpj.exe"'],
  ])('%j', (name, header) => {
    expect(toContentDisposition(name)).toBe(header)
  })

  test('is always one header value with one name in it', () => {
    const name = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(name, (any) => {
        expect(toContentDisposition(any)).toMatch(
          /^attachment; filename="[ !#-.0-[\]-~]{1,201}"(?:; filename\*=UTF-8''[\w.~%-]+)?$/,
        )
      }),
    )
  })
})
