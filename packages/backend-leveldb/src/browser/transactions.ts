/** What is done in one transaction of IndexedDB, on one object store. */
export interface Work<T> {
  readonly mode: "readonly" | "readwrite";
  /** Makes the requests, all at once. */
  readonly request: (store: IDBObjectStore) => T;
}

/**
 * Resolves when a transaction is complete. One that writes is then on the disk, as far as the browser can: `"strict"` asks it to
 * wait for the disk, where it would otherwise be content with having handed the bytes to the system.
 *
 * @throws What the transaction was aborted with: nothing of it happened then.
 */
export function transact<T>(database: IDBDatabase, storeName: string, { mode, request }: Work<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([storeName], mode, { durability: "strict" });
    transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("The transaction was aborted")));
    const requested = request(transaction.objectStore(storeName));
    transaction.addEventListener("complete", () => resolve(requested));
    transaction.commit();
  });
}

/**
 * Opens a database with one object store, both made if they are not there.
 *
 * @throws What the browser refuses it with: there may be no room, or no leave to store anything.
 */
export function openDatabase(databaseName: string, storeName: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.addEventListener("upgradeneeded", () => {
      if (!request.result.objectStoreNames.contains(storeName)) request.result.createObjectStore(storeName);
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("The database could not be opened")));
  });
}
