/*
 * A small shop of our own: two customers, four orders, two products. What a tool changes it only
 * answers; nothing is kept, so that every run finds the same shop.
 */

export interface Address {
  readonly address1: string
  readonly address2: string
  readonly city: string
  readonly state: string
  readonly country: string
  readonly zip: string
}

export interface Customer {
  readonly user_id: string
  readonly email: string
  readonly name: { readonly first_name: string; readonly last_name: string }
  readonly address: Address
  readonly orders: readonly string[]
  readonly payment_methods: Readonly<
    Record<string, { readonly id: string; readonly source: string }>
  >
}

export interface Item {
  readonly item_id: string
  readonly product_id: string
  readonly name: string
  readonly price: number
}

export interface Order {
  readonly order_id: string
  readonly user_id: string
  readonly status: string
  readonly address: Address
  readonly items: readonly Item[]
  readonly payment_history: readonly {
    readonly transaction_type: string
    readonly amount: number
    readonly payment_method_id: string
  }[]
}

const HARBOUR: Address = {
  address1: '4 Harbour Street',
  address2: '',
  city: 'Portland',
  state: 'ME',
  country: 'USA',
  zip: '04101',
}
const HILL: Address = {
  ...HARBOUR,
  address1: '9 Hill Road',
  city: 'Austin',
  state: 'TX',
  zip: '78701',
}

export const CUSTOMERS: readonly Customer[] = [
  {
    user_id: 'nora_berg_1',
    email: 'nora@example.com',
    name: { first_name: 'Nora', last_name: 'Berg' },
    address: HARBOUR,
    orders: ['#W1', '#W2', '#W3'],
    payment_methods: {
      credit_card_11: { id: 'credit_card_11', source: 'credit_card' },
      gift_card_12: { id: 'gift_card_12', source: 'gift_card' },
    },
  },
  {
    user_id: 'omar_diaz_2',
    email: 'omar@example.com',
    name: { first_name: 'Omar', last_name: 'Diaz' },
    address: HILL,
    orders: ['#W9'],
    payment_methods: { paypal_21: { id: 'paypal_21', source: 'paypal' } },
  },
]

const BLUE: Item = { item_id: '1001', product_id: '100', name: 'Lamp, blue', price: 40 }
const RED: Item = { item_id: '1002', product_id: '100', name: 'Lamp, red', price: 42 }
const CHAIR: Item = { item_id: '2001', product_id: '200', name: 'Chair', price: 90 }

export const ITEMS: readonly Item[] = [BLUE, RED, CHAIR]

export const ORDERS: readonly Order[] = [
  order('#W1', { user_id: 'nora_berg_1', status: 'pending', items: [BLUE] }),
  order('#W2', { user_id: 'nora_berg_1', status: 'delivered', items: [BLUE, CHAIR] }),
  order('#W3', { user_id: 'nora_berg_1', status: 'processed', items: [CHAIR] }),
  order('#W9', { user_id: 'omar_diaz_2', status: 'pending', items: [CHAIR] }),
]

function order(order_id: string, of: Pick<Order, 'user_id' | 'status' | 'items'>): Order {
  const customer = CUSTOMERS.find(({ user_id }) => user_id === of.user_id)
  const [payment_method_id = ''] = Object.keys(customer?.payment_methods ?? {})
  const amount = of.items.reduce((sum, { price }) => sum + price, 0)
  return {
    order_id,
    ...of,
    address: customer?.address ?? HARBOUR,
    payment_history: [{ transaction_type: 'payment', amount, payment_method_id }],
  }
}
