/** What is in a database: the rows, and who may write them. */
export const ROWS = "rows";
const OWNER = "owner";
const OWNER_KEY = 0;

/** An owner that another one has come after. */
export class OwnershipLost extends Error {}

/**
 * Reads in one transaction: all requests see the same rows.
 *
 * @param request makes the requests, all at once; what it returns is resolved with when they have been answered.
 */
export function read<T>(database: IDBDatabase, request: (rows: IDBObjectStore) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([ROWS], "readonly");
    const requested = request(transaction.objectStore(ROWS));
    ended(transaction, () => resolve(requested), reject);
    transaction.commit();
  });
}

/**
 * Becomes the owner: what the one before has begun to write is finished or gone, and it writes nothing more.
 *
 * @returns the number of the owner.
 */
export function becomeOwner(database: IDBDatabase): Promise<number> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([ROWS, OWNER], "readwrite", { durability: "strict" });
    const owners = transaction.objectStore(OWNER);
    const before = owners.get(OWNER_KEY);
    let owner = 1;
    before.addEventListener("success", () => {
      owner = ((before.result as number | undefined) ?? 0) + 1;
      owners.put(owner, OWNER_KEY);
      transaction.commit();
    });
    ended(transaction, () => resolve(owner), reject);
  });
}

/**
 * Writes in one transaction, which looks first whether `owner` still is the owner: a page may be gone, and what it has sent arrive
 * after the next one has begun. It is on the disk when the promise resolves, as far as the browser can: `"strict"` asks
 * it to wait for the disk, where it would otherwise be content with having handed the bytes to the system.
 *
 * @throws {OwnershipLost} and nothing is written; or what else the transaction was aborted with.
 */
export function write(database: IDBDatabase, owner: number, request: (rows: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([ROWS, OWNER], "readwrite", { durability: "strict" });
    const found = transaction.objectStore(OWNER).get(OWNER_KEY);
    found.addEventListener("success", () => {
      if (found.result === owner) {
        request(transaction.objectStore(ROWS));
        transaction.commit();
      } else {
        reject(new OwnershipLost(`owner ${String(found.result)} has come after owner ${owner}`));
        transaction.abort();
      }
    });
    ended(transaction, resolve, reject);
  });
}

function ended(transaction: IDBTransaction, completed: () => void, aborted: (error: Error) => void): void {
  transaction.addEventListener("complete", completed);
  transaction.addEventListener("abort", () => aborted(transaction.error ?? new Error("The transaction was aborted")));
}

/**
 * Opens a database, made if it is not there, unless it has to be.
 *
 * @returns `undefined` if it has to be there, and is not. Nothing was made then: what makes a database is undone with its first
 * transaction, and goes.
 * @throws What the browser refuses it with: there may be no room, or no leave to store anything.
 */
export function openDatabase(databaseName: string, mustExist: boolean): Promise<IDBDatabase | undefined> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.addEventListener("upgradeneeded", () => {
      if (mustExist) {
        resolve(undefined);
        request.transaction?.abort();
        return;
      }
      for (const store of [ROWS, OWNER]) request.result.createObjectStore(store);
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("The database could not be opened")));
  });
}
