import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArtifactStoreError } from './artifact-store.ts'
import { parseListing } from './s3-listing.ts'

function listing(body: string): string {
  const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/'
  return `<?xml version="1.0"?>\n<ListBucketResult xmlns="${xmlns}">${body}</ListBucketResult>`
}

describe('a list of S3', () => {
  test('is read for its keys, in order, and for whether there are more', () => {
    const contents = ['a/1', 'b &amp; c', '&lt;&#100;&#x65;&gt;&quot;&apos;', '&unknown;&amp;amp;']
      .map((key) => `<Contents>\n<Key>${key}</Key><Owner><ID>1</ID></Owner></Contents>`)
      .join('')
    const head = '<Name>b</Name><Prefix>a</Prefix><Marker></Marker>'
    expect(parseListing(listing(`${head}<IsTruncated>true</IsTruncated>${contents}`))).toEqual({
      keys: ['a/1', 'b & c', '<de>"\'', '&unknown;&amp;'],
      truncated: true,
    })
    expect(parseListing(listing('<IsTruncated> false </IsTruncated>'))).toEqual({
      keys: [],
      truncated: false,
    })
  })

  test('may have a namespace with a name', () => {
    const xml =
      '<s3:ListBucketResult xmlns:s3="x"><s3:IsTruncated>false</s3:IsTruncated>' +
      '<s3:Contents><s3:Key>a</s3:Key></s3:Contents></s3:ListBucketResult>'
    expect(parseListing(xml)).toEqual({ keys: ['a'], truncated: false })
  })

  test.each([
    '',
    'null',
    '<html></html>',
    listing(''),
    listing('<IsTruncated>maybe</IsTruncated>'),
  ])('is not %j', (xml) => {
    expect(() => parseListing(xml)).toThrow(ArtifactStoreError)
  })

  test('keeps every key that XML can hold', () => {
    const entities = new Map([
      ['&', '&amp;'],
      ['<', '&lt;'],
      ['>', '&gt;'],
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const escaped = key.replaceAll(/[&<>]/g, (char) => entities.get(char) ?? char)
        const xml = listing(`<IsTruncated>false</IsTruncated><Key>${escaped}</Key>`)
        expect(parseListing(xml).keys).toEqual([key])
      }),
    )
  })
})
