import type { InputItem } from '../request/request-schema.ts'

/** Messages that this process gave out lately, for clients that send their ids back (`item_reference`). */
export interface RecentItems {
  add(tenant: string, item: { readonly id: string; readonly type: string }): void
  find(tenant: string, id: string): InputItem | null
}

const MAX_ITEMS = 2_000
const MAX_CHARACTERS = 16_000_000

/**
 * Remembers the newest items, so many and so much text: a kindness to clients of a server without a
 * store, and nothing that anything rests on.
 */
export function createRecentItems(): RecentItems {
  const items = new Map<string, { readonly item: InputItem; readonly size: number }>()
  let total = 0
  const drop = (key: string): void => {
    total -= items.get(key)?.size ?? 0
    items.delete(key)
  }
  return {
    add(tenant, item) {
      const key = `${tenant}~${item.id}`
      drop(key)
      const size = JSON.stringify(item).length
      items.set(key, { item: { ...item }, size })
      total += size
      for (const oldest of items.keys()) {
        if (items.size <= MAX_ITEMS && total <= MAX_CHARACTERS) return
        drop(oldest)
      }
    },
    find: (tenant, id) => items.get(`${tenant}~${id}`)?.item ?? null,
  }
}
