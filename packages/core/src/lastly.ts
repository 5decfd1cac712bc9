/**
 * Waits for some work, and does something when it has ended one way or the other. As `Promise.prototype.finally`, which takes
 * another number of turns of the queue of microtasks in Bun: what happens next would depend on the runtime.
 *
 * @throws what the work throws.
 */
export async function lastly<T>(work: Promise<T>, act: () => void): Promise<T> {
  try {
    return await work;
  } finally {
    act();
  }
}
