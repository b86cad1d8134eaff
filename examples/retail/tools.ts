import { ToolError } from '../../src/index.ts'
import type { JsonObject, ToolDefinition } from '../../src/index.ts'
import { CUSTOMERS, ITEMS, ORDERS, type Customer, type Item, type Order } from './shop.ts'

/*
 * The shop's tools. Like many real ones they check little by themselves: whose order it is, whether
 * the customer said yes and where the money may go are the gates' matter.
 */

type Texts<Name extends string> = Readonly<Record<Name, string>>

export const find_user_id_by_email: ToolDefinition<Texts<'email'>> = {
  about: 'Find a customer by email. Call it, or find_user_id_by_name_zip, before anything else.',
  input: takes({ email: text('as the customer gave it') }),
  effect: 'read',
  execute: ({ email }) => idOf(CUSTOMERS.find((each) => each.email === email)),
}

export const find_user_id_by_name_zip: ToolDefinition<Texts<'first_name' | 'last_name' | 'zip'>> = {
  about: 'Find a customer by name and zip code, where the email is not known.',
  input: takes({ first_name: text(), last_name: text(), zip: text() }),
  effect: 'read',
  execute: ({ first_name, last_name, zip }) =>
    idOf(
      CUSTOMERS.find(
        ({ name, address }) =>
          name.first_name === first_name && name.last_name === last_name && address.zip === zip,
      ),
    ),
}

export const get_user_details: ToolDefinition<Texts<'user_id'>> = {
  about: 'The profile of the customer: address, orders, payment methods.',
  input: takes({ user_id: text() }),
  effect: 'read',
  execute: ({ user_id }) => customerOf(user_id),
}

export const get_order_details: ToolDefinition<Texts<'order_id'>> = {
  about: 'Status, items and payments of an order. Look at it before you change the order.',
  input: takes({ order_id: text('with the #, like #W1') }),
  effect: 'read',
  execute: ({ order_id }) => orderOf(order_id),
}

export const get_product_details: ToolDefinition<Texts<'product_id'>> = {
  about: 'The items of a product and their prices.',
  input: takes({ product_id: text() }),
  effect: 'read',
  execute: ({ product_id }) => ({
    product_id,
    variants: ITEMS.filter((item) => item.product_id === product_id),
  }),
}

export const get_item_details: ToolDefinition<Texts<'item_id'>> = {
  about: 'One item and its price.',
  input: takes({ item_id: text() }),
  effect: 'read',
  execute: ({ item_id }) => itemOf(item_id),
}

export const list_all_product_types: ToolDefinition<JsonObject> = {
  about: 'The ids of all products.',
  input: takes({}),
  effect: 'read',
  execute: () => ITEMS.map(({ product_id }) => product_id),
}

export const calculate: ToolDefinition<Texts<'expression'>> = {
  about: 'Adds and subtracts, like 40 + 90 - 12.5.',
  input: takes({ expression: text() }),
  effect: 'read',
  execute: ({ expression }) => {
    const terms = expression.replaceAll(/\s/g, '').match(/[+-]?[0-9.]+/g) ?? []
    return terms.reduce((sum, term) => sum + Number(term), 0)
  },
}

export const cancel_pending_order: ToolDefinition<Texts<'order_id' | 'reason'>> = {
  about: 'Cancel a pending order. Explain it and get a yes first.',
  input: takes({
    order_id: text(),
    reason: { type: 'string', enum: ['no longer needed', 'ordered by mistake'] },
  }),
  execute: ({ order_id, reason }) => ({
    ...orderOf(order_id),
    status: 'cancelled',
    cancel_reason: reason,
  }),
}

type Place = Texts<'address1' | 'address2' | 'city' | 'state' | 'country' | 'zip'>

const PLACE = {
  address1: text(),
  address2: text('may be empty'),
  city: text(),
  state: text(),
  country: text(),
  zip: text(),
}

export const modify_pending_order_address: ToolDefinition<Place & Texts<'order_id'>> = {
  about: 'Change where a pending order is sent. Explain it and get a yes first.',
  input: takes({ order_id: text(), ...PLACE }),
  execute: ({ order_id, ...address }) => ({ ...orderOf(order_id), address }),
}

export const modify_user_address: ToolDefinition<Place & Texts<'user_id'>> = {
  about: "Change the customer's own address. Explain it and get a yes first.",
  input: takes({ user_id: text(), ...PLACE }),
  execute: ({ user_id, ...address }) => ({ ...customerOf(user_id), address }),
}

export const modify_pending_order_payment: ToolDefinition<Texts<'order_id' | 'payment_method_id'>> =
  {
    about: 'Change how a pending order is paid. Explain it and get a yes first.',
    input: takes({ order_id: text(), payment_method_id: text() }),
    execute: ({ order_id, payment_method_id }) => ({ ...orderOf(order_id), payment_method_id }),
  }

interface Swap extends Texts<'order_id' | 'payment_method_id'> {
  readonly item_ids: readonly string[]
  readonly new_item_ids: readonly string[]
}

const SWAP = {
  order_id: text(),
  item_ids: texts('the items to give up'),
  new_item_ids: texts('what replaces each, in the same order'),
  payment_method_id: text('pays or receives the difference'),
}

export const modify_pending_order_items: ToolDefinition<Swap> = {
  about: 'Change items of a pending order, once per order. Explain it and get a yes first.',
  input: takes(SWAP),
  execute: ({ order_id, new_item_ids }) => ({
    ...orderOf(order_id),
    items: new_item_ids.map(itemOf),
    status: 'pending (item modified)',
  }),
}

export const exchange_delivered_order_items: ToolDefinition<Swap> = {
  about: 'Exchange items of a delivered order, once per order. Explain it and get a yes first.',
  input: takes(SWAP),
  execute: ({ order_id, new_item_ids }) => ({
    ...orderOf(order_id),
    exchange_new_items: new_item_ids.map((id) => itemOf(id).item_id),
    status: 'exchange requested',
  }),
}

export const return_delivered_order_items: ToolDefinition<Omit<Swap, 'new_item_ids'>> = {
  about: 'Take items of a delivered order back. Explain it and get a yes first.',
  input: takes({
    order_id: text(),
    item_ids: texts('the items to return'),
    payment_method_id: text('what paid for the order, or a gift card of the customer'),
  }),
  execute: ({ order_id, item_ids }) => ({
    ...orderOf(order_id),
    return_items: [...item_ids],
    status: 'return requested',
  }),
}

export const transfer_to_human_agents: ToolDefinition<Texts<'summary'>> = {
  about: 'Hand the customer to a person. Nothing can be done after it.',
  input: takes({ summary: text('what the matter is') }),
  execute: () => 'Transfer successful',
}

function takes(properties: JsonObject): JsonObject {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  }
}

function text(description = ''): JsonObject {
  return { type: 'string', ...(description === '' ? {} : { description }) }
}

function texts(description: string): JsonObject {
  return { type: 'array', minItems: 1, items: { type: 'string' }, description }
}

function idOf(customer: Customer | undefined): string {
  return found(customer, 'customer').user_id
}

function customerOf(id: string): Customer {
  return found(
    CUSTOMERS.find(({ user_id }) => user_id === id),
    'customer',
  )
}

function orderOf(id: string): Order {
  return found(
    ORDERS.find(({ order_id }) => order_id === id),
    'order',
  )
}

function itemOf(id: string): Item {
  return found(
    ITEMS.find(({ item_id }) => item_id === id),
    'item',
  )
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value !== undefined) return value
  throw new ToolError(`there is no such ${what}`, { code: 'NOT_FOUND', executed: false })
}
