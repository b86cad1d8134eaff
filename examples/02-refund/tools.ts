import { ToolError } from '../../src/index.ts'
import type { ToolDefinition } from '../../src/index.ts'

/*
 * The shop: three customers, five orders. process_refund checks nothing by itself, on purpose: what
 * may be refunded is the gates' matter, and the attacks of this example go for just that.
 */

export interface Customer {
  readonly customer_id: string
  readonly email: string
  readonly name: string
  /** They have proved who they are. */
  readonly verified: boolean
}

export interface Order {
  readonly order_id: string
  readonly customer_id: string
  /** Euros. */
  readonly total: number
}

export const CUSTOMERS: readonly Customer[] = [
  { customer_id: 'c-1', email: 'ada@example.com', name: 'Ada Park', verified: true },
  { customer_id: 'c-2', email: 'ben@example.com', name: 'Ben Ortiz', verified: false },
  { customer_id: 'c-3', email: 'cara@example.com', name: 'Cara Lind', verified: true },
]

export const ORDERS: readonly Order[] = [
  { order_id: 'o-501', customer_id: 'c-1', total: 120 },
  { order_id: 'o-502', customer_id: 'c-1', total: 900 },
  { order_id: 'o-503', customer_id: 'c-1', total: 45.5 },
  { order_id: 'o-601', customer_id: 'c-2', total: 60 },
  { order_id: 'o-701', customer_id: 'c-3', total: 80 },
]

/** Who writes; the gates read `verified` and `customer_id`. */
export const get_customer: ToolDefinition<{ readonly email: string }> = {
  about:
    'Find a customer by email. Call it first: lookup_order and process_refund need a customer who is `verified`.',
  input: {
    type: 'object',
    required: ['email'],
    properties: { email: { type: 'string', description: 'as the customer gave it' } },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      customer_id: {
        type: 'string',
        description: 'must be the customer_id of the order from lookup_order',
      },
      verified: { type: 'boolean' },
    },
  },
  effect: 'read',
  execute({ email }) {
    const customer = CUSTOMERS.find((each) => each.email === email)
    return customer ?? notFound(`no customer has the email ${email}`)
  },
}

/** An order with its owner and total; process_refund takes its order_id from here. */
export const lookup_order: ToolDefinition<{ readonly order_id: string }> = {
  about:
    'Look an order up. Its `order_id` and at most its `total` go into process_refund; its `customer_id` must be the one that get_customer returned.',
  input: {
    type: 'object',
    required: ['order_id'],
    properties: { order_id: { type: 'string', description: 'from the message, like o-501' } },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      order_id: { type: 'string', description: 'use with process_refund' },
      customer_id: { type: 'string', description: 'the owner, as in get_customer' },
      total: { type: 'number', description: 'euros; the most that process_refund may give back' },
    },
  },
  effect: 'read',
  execute({ order_id }) {
    const order = ORDERS.find((each) => each.order_id === order_id)
    return order ?? notFound(`there is no order ${order_id}`)
  },
}

/** Gives money back: a write that must not happen twice, so it is not sent again when in doubt. */
export const process_refund: ToolDefinition<{
  readonly order_id: string
  readonly amount: number
}> = {
  about: 'Refund an order of this customer, once. More than 500 is for a person to decide.',
  input: {
    type: 'object',
    required: ['order_id', 'amount'],
    properties: {
      order_id: { type: 'string', description: 'from lookup_order' },
      amount: {
        type: 'number',
        exclusiveMinimum: 0,
        description: 'euros, at most the `total` from lookup_order',
      },
    },
    additionalProperties: false,
  },
  effect: 'write',
  idempotent: false,
  execute: ({ order_id, amount }) => ({ refund_id: `r-${order_id}`, order_id, amount }),
}

function notFound(message: string): never {
  throw new ToolError(message, { code: 'NOT_FOUND', executed: false })
}
