/** A lock that is held; see {@link takeLock}. */
export interface WebLock {
  /** Lets go of it. */
  release(): Promise<void>;
}

/**
 * Takes a lock of the [Web Locks](https://www.w3.org/TR/web-locks/), which is gone with the page or worker that holds it, however that ends.
 *
 * @param onLost Called if somebody takes the lock away, which only a request with `steal` does.
 * @returns `undefined` if somebody else holds it: it is not waited for.
 */
export function takeLock(locks: LockManager, lockName: string, onLost: () => void): Promise<WebLock | undefined> {
  const { promise: letGo, resolve: release } = withResolvers();
  let isHeld = false;
  return new Promise((resolve, reject) => {
    const ended = locks.request(lockName, { ifAvailable: true }, (lock) => {
      if (lock === null) return resolve(undefined);
      isHeld = true;
      resolve({
        release: async () => {
          isHeld = false;
          release();
          await ended.catch(() => undefined);
        },
      });
      return letGo;
    });
    ended.catch((error: unknown) => {
      if (isHeld) onLost();
      isHeld = false;
      reject(error as Error);
    });
  });
}

/** `Promise.withResolvers` is newer than Node 20. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}
