import ipaddr from 'ipaddr.js'
import { lookup } from 'node:dns/promises'
import { ToolError } from '../core/spec/define.ts'

/** One address of a host, as a resolver gives it. */
export interface HostAddress {
  readonly address: string
  readonly family: number
}

/** Finds all addresses of a host name; throws when there are none. */
export type ResolveHost = (host: string) => Promise<readonly HostAddress[]>

// Public by its number and yet a cloud's own host agent (Azure); 169.254.169.254 is link-local.
const METADATA = new Set(['168.63.129.16'])
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/**
 * Finds the addresses that a request to this URL may connect to; connect to these and to nothing
 * that is resolved later, or rebinding the name gets around the check.
 *
 * Only http and https, and only hosts all of whose addresses are public, unless `allow` lists the
 * host (`name`, `name:port`, an address). Throws a ToolError: ADDRESS_REFUSED, or UNREACHABLE when
 * the name does not resolve; in both `executed` is false.
 */
export async function resolveAllowed(
  url: URL,
  options: { readonly allow: readonly string[]; readonly resolve?: ResolveHost | undefined },
): Promise<readonly HostAddress[]> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused(`${url.protocol} addresses are not opened; only http and https`)
  }
  // The URL parser has already turned 0x7f.1, 017700000001 and 2130706433 into 127.0.0.1.
  const host = bareHost(url.hostname)
  const addresses = await addressesOf(host, options.resolve ?? resolveByDns)
  if (isListed(url, options.allow)) return addresses
  const inside = addresses.find(({ address }) => !isPublicAddress(address))
  if (inside === undefined) return addresses
  const what = inside.address === host ? host : `${host} (${inside.address})`
  throw refused(`${what} is not a public address; list ${url.host} in \`allow\` to permit it`)
}

/**
 * True for an address on the public internet: not private, loopback, link-local, unique-local,
 * multicast, reserved or unspecified, nor an IPv6 form that carries such an IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv4) return isPublicV4(address)
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address())
  const bytes = address.toByteArray()
  if (address.match(ipaddr.parseCIDR('64:ff9b::/96'))) {
    return isPublicV4(new ipaddr.IPv4(bytes.slice(12)))
  }
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST)
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !METADATA.has(address.toString())
}

async function addressesOf(host: string, resolve: ResolveHost): Promise<readonly HostAddress[]> {
  if (ipaddr.isValid(host)) {
    return [{ address: host, family: ipaddr.parse(host).kind() === 'ipv4' ? 4 : 6 }]
  }
  const why = `${host} does not resolve`
  let addresses: readonly HostAddress[]
  try {
    addresses = await resolve(host)
  } catch (cause) {
    throw new ToolError(why, { code: 'UNREACHABLE', executed: false, cause })
  }
  if (addresses.length === 0) throw new ToolError(why, { code: 'UNREACHABLE', executed: false })
  return addresses
}

async function resolveByDns(host: string): Promise<readonly HostAddress[]> {
  return lookup(host, { all: true, order: 'verbatim' })
}

function isListed(url: URL, allow: readonly string[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return allow.some((entry) => {
    const listed = readEntry(entry)
    return listed.host === url.hostname && (listed.port === null || listed.port === port)
  })
}

/** Reads `host`, `host:port`, `::1` or `[::1]:port`, spelt as a URL would spell the host. */
function readEntry(entry: string): { readonly host: string | null; readonly port: string | null } {
  const [, host = entry, port = null] = ipaddr.IPv6.isValid(entry)
    ? [entry, `[${entry}]`]
    : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? [])
  const url = URL.parse(`http://${host}`)
  return { host: url?.hostname ?? null, port }
}

function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function refused(message: string): ToolError {
  return new ToolError(message, { code: 'ADDRESS_REFUSED', executed: false })
}
