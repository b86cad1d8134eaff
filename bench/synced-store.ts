import type { Store } from '../src/index.ts'

/**
 * The same store with every append synced to disk, as if each were the dispatch of a write: what a
 * driver that must lose nothing to a power cut would ask for.
 */
export function syncedStore(store: Store): Store {
  return {
    append: (append) => store.append({ ...append, sync: true }),
    read: (run, after) => store.read(run, after),
    readChain: (run) => store.readChain(run),
    readSeals: (run) => store.readSeals(run),
    list: (query) => store.list(query),
    find: (run) => store.find(run),
    tryAcquire: (run) => store.tryAcquire(run),
    requestCancel: (run) => store.requestCancel(run),
    cancelRequested: (run) => store.cancelRequested(run),
    claim: (claim) => store.claim(claim),
    release: (claim) => store.release(claim),
    saveDefinition: (digest, definition) => store.saveDefinition(digest, definition),
    loadDefinition: (digest) => store.loadDefinition(digest),
    saveSecret: (secret) => store.saveSecret(secret),
    readSecrets: (run) => store.readSecrets(run),
    close: () => store.close(),
  }
}
