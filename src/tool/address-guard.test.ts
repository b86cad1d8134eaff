import { expect, test } from 'vitest'
import { isPublicAddress, resolveAllowed, type HostAddress } from './address-guard.ts'

const INSIDE = [
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '168.63.129.16',
  '100.64.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  'fe80::1',
  'fe80::1%lo',
  'fc00::1',
  'fd00:ec2::254',
  'fec0::1',
  'ff02::1',
  '2001:db8::1',
  '5f00::1',
  '4000::1',
  'no address',
]

test.each(INSIDE)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

function ask(
  url: string,
  given: { readonly allow?: readonly string[]; readonly addresses?: readonly string[] } = {},
): Promise<readonly HostAddress[]> {
  return resolveAllowed(new URL(url), {
    allow: given.allow ?? [],
    resolve: async () =>
      (given.addresses ?? []).map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      })),
  })
}

const REFUSED = { code: 'ADDRESS_REFUSED', executed: false }

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f.0.0.1/',
  'http://017700000001/',
  'http://2130706433/',
  'http://0/',
  'http://①②⑦.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://169.254.169.254/latest/meta-data',
  'ftp://8.8.8.8/',
  'file:///etc/passwd',
])('%s is refused', async (url) => {
  await expect(ask(url)).rejects.toMatchObject(REFUSED)
})

test('every address of a name must be public', async () => {
  const addresses = ['8.8.8.8', '10.0.0.1']
  await expect(ask('https://mixed.test/', { addresses })).rejects.toMatchObject({
    ...REFUSED,
    message:
      'mixed.test (10.0.0.1) is not a public address; list mixed.test in `allow` to permit it',
  })
  expect(await ask('https://open.test/', { addresses: ['8.8.8.8', '2606:4700::1111'] })).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
})

test('a listed host may be inside, with its port when that is listed', async () => {
  const addresses = ['127.0.0.1']
  await ask('http://tools.test:8080/', { addresses, allow: ['TOOLS.test'] })
  await ask('http://tools.test:8080/', { addresses, allow: ['tools.test:8080'] })
  await ask('http://tools.test/', { addresses, allow: ['tools.test:80'] })
  await ask('http://[::1]:3000/', { allow: ['[::1]:3000'] })
  await ask('http://[::1]:3000/', { allow: ['::1'] })
  for (const allow of [['tools.test:81'], ['test'], ['s.test'], ['']]) {
    await expect(ask('http://tools.test/', { addresses, allow })).rejects.toMatchObject(REFUSED)
  }
})

test('a name that does not resolve was not reached', async () => {
  const missing = { code: 'UNREACHABLE', executed: false }
  await expect(ask('http://none.test/')).rejects.toMatchObject(missing)
  const failing = resolveAllowed(new URL('http://none.test/'), {
    allow: [],
    resolve: () => Promise.reject(new Error('ENOTFOUND')),
  })
  await expect(failing).rejects.toMatchObject(missing)
})
