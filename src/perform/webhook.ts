import { createHmac } from 'node:crypto'
import { ToolError } from '../core/spec/define.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { withinDeadline } from './deadline.ts'
import type { HandoffDelivery } from './handoff-delivery.ts'

const TIMEOUT_MS = 10_000

/**
 * Posts packets as JSON to the workflow's webhook, in the manner of Standard Webhooks: `webhook-id`
 * is the same for every attempt, `webhook-timestamp` is in seconds, and `webhook-signature` is
 * `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, under the secret in the environment
 * variable that the workflow names (a `whsec_` secret is base64). Rejects with a ToolError for any
 * answer but 2xx: UNDELIVERED, UNREACHABLE, TIMEOUT, ABORTED; NOT_CONFIGURED when the
 * variable is not set, which trying again cannot mend.
 */
export function webhookDelivery(options: {
  readonly env: Readonly<Record<string, string | undefined>>
}): HandoffDelivery {
  return async (packet, { webhook, missing, id, signal }) => {
    const url = URL.parse(webhook.url)
    if (url === null) {
      throw notConfigured(`\`handoff.webhook.url\` is no address: ${webhook.url}`)
    }
    const body = JSON.stringify({ ...packet, missing })
    const timestamp = String(Math.floor(Date.now() / 1000))
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
    }
    if (webhook.secret !== null) {
      const key = secretKey(webhook.secret, options.env)
      headers['webhook-signature'] = sign(`${id}.${timestamp}.${body}`, key)
    }
    const work = (own: AbortSignal): Promise<number> => post(url, { headers, body, signal: own })
    const sent = await withinDeadline(work, { timeoutMs: TIMEOUT_MS, signal })
    if (!sent.ok) throw givenUp(sent, url)
    if (sent.value < 200 || sent.value > 299) {
      throw new ToolError(`${url.host} answered ${sent.value}`, { code: 'UNDELIVERED' })
    }
  }
}

/** The author wrote this address, no model did: it may be private. The answer's body is of no use. */
async function post(
  url: URL,
  request: {
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly signal: AbortSignal
  },
): Promise<number> {
  const answer = await fetch(url, { ...request, method: 'POST', redirect: 'manual' })
  await answer.body?.cancel()
  return answer.status
}

function secretKey(name: string, env: Readonly<Record<string, string | undefined>>): Buffer {
  const secret = env[name] ?? ''
  if (secret === '') {
    throw notConfigured(
      `\`handoff.webhook.secret\` names ${name}, which is not set in the environment`,
    )
  }
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret)
}

function sign(content: string, key: Buffer): string {
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

function notConfigured(message: string): ToolError {
  return new ToolError(message, { code: 'NOT_CONFIGURED', executed: false, retryable: false })
}

function givenUp(
  sent: { readonly givenUp: string | null; readonly error?: unknown },
  url: URL,
): ToolError {
  if (sent.givenUp === null) {
    const { error: cause } = sent
    const why = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
    return new ToolError(`${url.host}: ${messageOf(why)}`, { code: 'UNREACHABLE', cause })
  }
  return sent.givenUp === 'timeout'
    ? new ToolError(`${url.host} did not answer within ${TIMEOUT_MS / 1000} seconds`, {
        code: 'TIMEOUT',
      })
    : new ToolError('the delivery was given up', { code: 'ABORTED' })
}
