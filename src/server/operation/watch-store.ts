import type { Event } from '../../core/log/event.ts'
import type { Lease, Store } from '../../store/store.ts'

/** What a watched store tells of. */
export interface StoreWatch {
  /** Events that a run of this process just committed; not those of a log that was taken in whole. */
  readonly committed: (events: readonly Event[]) => void
  /** A driver took a run, or let go of one. */
  readonly driving: (change: 1 | -1) => void
}

/**
 * A store that tells what goes through it, and changes nothing: every run is driven under a lease of
 * its store, so this is where a server sees all of them (Law 18).
 */
export function watchStore(store: Store, watch: StoreWatch): Store {
  const own = new WeakMap<Lease, Lease>()
  return {
    async append(append) {
      const appended = await store.append({
        ...append,
        lease: own.get(append.lease) ?? append.lease,
      })
      // What creates a log is what was given: a fork, an import, or the first words of a run.
      if (append.expected > 0) watch.committed(append.events)
      return appended
    },
    async tryAcquire(run) {
      const lease = await store.tryAcquire(run)
      if (lease === null) return null
      watch.driving(1)
      let isHeld = true
      const watched: Lease = {
        run: lease.run,
        async release() {
          try {
            await lease.release()
          } finally {
            if (isHeld) watch.driving(-1)
            isHeld = false
          }
        },
      }
      own.set(watched, lease)
      return watched
    },
    read: (run, after) => store.read(run, after),
    readChain: (run) => store.readChain(run),
    readSeals: (run) => store.readSeals(run),
    list: (query) => store.list(query),
    find: (run) => store.find(run),
    requestCancel: (run) => store.requestCancel(run),
    cancelRequested: (run) => store.cancelRequested(run),
    claim: (claim) => store.claim(claim),
    release: (claim) => store.release(claim),
    saveDefinition: (digest, definition) => store.saveDefinition(digest, definition),
    loadDefinition: (digest) => store.loadDefinition(digest),
    saveSecret: (secret) => store.saveSecret(secret),
    readSecrets: (run) => store.readSecrets(run),
    ...(store.watch === undefined ? {} : { watch: store.watch.bind(store) }),
    ...(store.volatileKey === undefined ? {} : { volatileKey: store.volatileKey }),
    close: () => store.close(),
  }
}
