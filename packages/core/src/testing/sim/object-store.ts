import { StateError } from "../../errors.ts";
import type { ObjectClient, PutCondition, StoredObject } from "../../state/object-client.ts";
import { damagedBytes } from "./damage.ts";
import type { Damage, Effect } from "./effect.ts";
import { ObjectUploads } from "./object-uploads.ts";
import type { SimProcess } from "./process.ts";
import type { SimRandom } from "./random.ts";
import type { SimMedium, SimWorld } from "./world.ts";

/** How an object store keeps, or breaks, the promises of S3. */
export interface SimObjectStoreOptions {
  /** Whether conditions of a put are ignored, as some clones of S3 do. Default: `false`. */
  readonly ignoresConditions?: boolean;
  /** For how long a list goes on showing what was there before. Default: 0, as S3 promises. */
  readonly listLagMs?: number;
  /** Keys per page of a list. Default: 1,000. */
  readonly pageSize?: number;
  /** The longest that a list takes beyond what every request takes. Default: 0. */
  readonly listMs?: number;
  /** How many reads of objects one process may have under way; more are a violation. Default: any number. */
  readonly readsMax?: number;
}

/**
 * A store of immutable objects that outlives every process. A put is atomic. It can be refused, take place without an
 * answer, or take place late: long after the process that asked for it has died.
 */
export interface SimObjectStore {
  /** The client of one process. */
  client(process: SimProcess): ObjectClient;
  /** The keys that exist, in order. */
  keys(): readonly string[];
  /** The keys of uploads in parts that are neither completed nor aborted. */
  uploads(): readonly string[];
  /** As {@link uploads}, those alone that a process began which has died since, and that a later one had to end. */
  forgottenUploads(): readonly string[];
  /** Looks at an object without being part of the simulation. */
  peek(key: string): StoredObject | undefined;
}

/**
 * Makes an empty store in a world.
 *
 * @example
 * ```ts
 * import { simObjectStore, simWorld } from "@tidemark/core/testing";
 *
 * const world = simWorld(1);
 * const store = simObjectStore(world);
 * const process = world.spawn();
 * process.start(() => store.client(process).put("a", new Uint8Array([1]), "absent"));
 * await world.run(process);
 * console.log(store.keys());
 * // prints ["a"]
 * ```
 */
export function simObjectStore(world: SimWorld, options: SimObjectStoreOptions = {}): SimObjectStore {
  const bucket = new Bucket(world, options);
  world.attach(bucket);
  return bucket;
}

/** When a key came or went, for lists that lag. */
interface KeyChange {
  readonly key: string;
  readonly at: number;
  readonly existed: boolean;
}

class Bucket implements SimObjectStore, SimMedium {
  readonly #world: SimWorld;
  readonly #options: Required<SimObjectStoreOptions>;
  readonly #objects: Map<string, StoredObject> = new Map();
  readonly #changes: KeyChange[] = [];
  readonly #uploads = new ObjectUploads();
  #puts = 0;

  constructor(world: SimWorld, options: SimObjectStoreOptions) {
    this.#world = world;
    this.#options = {
      ignoresConditions: options.ignoresConditions ?? false,
      listLagMs: options.listLagMs ?? 0,
      pageSize: options.pageSize ?? 1000,
      listMs: options.listMs ?? 0,
      readsMax: options.readsMax ?? Infinity,
    };
  }

  client(process: SimProcess): ObjectClient {
    const effect = <T>(verb: string, key: string, read: boolean, apply: () => T, slowMs = 0): Promise<T> =>
      process.effect({ ...request(verb, key, read, apply), slowMs });
    return {
      get: (key, range) => {
        this.#checkReads(process);
        return effect("get", key, true, () => this.#get(key, range));
      },
      put: (key, bytes, condition) => {
        // The bytes leave the process when the request is made: what happens to the array later changes nothing.
        const sent = bytes.slice();
        return effect("put", key, false, () => this.#put(key, sent, condition));
      },
      list: (prefix, startAfter) =>
        effect("list", prefix, true, () => this.#list(prefix, startAfter), this.#options.listMs),
      delete: (keys) => effect("delete", keys.join(" "), false, () => this.#delete(keys)),
      multipart: this.#uploads.client(effect, (key, bytes, condition) => this.#put(key, bytes, condition), process),
    };
  }

  #checkReads(process: SimProcess): void {
    const { readsMax } = this.#options;
    const reads = process.underWay("object.get") + 1;
    if (reads > readsMax) this.#world.violation(`bounds: ${reads} objects are being read, of ${readsMax}`);
  }

  #get(key: string, range: { readonly offset: number; readonly length: number } | undefined): StoredObject | undefined {
    const found = this.#objects.get(key);
    if (found === undefined) return undefined;
    const bytes = range === undefined ? found.bytes : found.bytes.subarray(range.offset, range.offset + range.length);
    return { bytes: bytes.slice(), etag: found.etag };
  }

  #put(key: string, bytes: Uint8Array, condition: PutCondition): string | undefined {
    const found = this.#objects.get(key);
    if (!this.#options.ignoresConditions && !isMet(condition, found)) {
      this.#world.reach("condition of a put not met");
      return undefined;
    }
    const etag = `"${++this.#puts}"`;
    this.#note(key);
    this.#objects.set(key, { bytes, etag });
    return etag;
  }

  #delete(keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.#objects.has(key)) continue;
      this.#note(key);
      this.#objects.delete(key);
    }
  }

  #note(key: string): void {
    if (this.#options.listLagMs > 0) {
      this.#changes.push({ key, at: this.#world.now(), existed: this.#objects.has(key) });
    }
  }

  #list(prefix: string, startAfter: string | undefined): readonly string[] {
    const shown = new Set(this.#objects.keys());
    const horizon = this.#world.now() - this.#options.listLagMs;
    // Newest first, so that a key is shown as it was before the oldest change that the list has not seen.
    for (const change of this.#changes.toReversed()) {
      if (change.at < horizon) break;
      if (shown.has(change.key) !== change.existed) this.#world.reach("list shows what was before");
      if (change.existed) shown.add(change.key);
      else shown.delete(change.key);
    }
    return [...shown]
      .filter((key) => key.startsWith(prefix) && (startAfter === undefined || key > startAfter))
      .sort()
      .slice(0, this.#options.pageSize);
  }

  /** It is not on the machine of any process. */
  processDied(): void {}

  damage(how: Damage, random: SimRandom): string | undefined {
    const keys = this.keys().filter((key) => this.#objects.get(key)!.bytes.length > 0);
    if (keys.length === 0) return undefined;
    const key = keys[random.below(keys.length)]!;
    const { bytes, etag } = this.#objects.get(key)!;
    this.#objects.set(key, { bytes: damagedBytes(bytes, how, random), etag });
    return `"${key}"`;
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  uploads(): readonly string[] {
    return this.#uploads.keys();
  }

  forgottenUploads(): readonly string[] {
    return this.#uploads.forgotten();
  }

  peek(key: string): StoredObject | undefined {
    return this.#get(key, undefined);
  }
}

function isMet(condition: PutCondition, found: StoredObject | undefined): boolean {
  if (condition === "absent") return found === undefined;
  return typeof condition !== "object" || found?.etag === condition.etag;
}

function request<T>(verb: string, key: string, read: boolean, apply: () => T): Effect<T> {
  return {
    name: `object.${verb}`,
    // A read of the same object may be of another range.
    ...(read ? {} : { about: key }),
    read,
    remote: true,
    apply,
    failure: (applied) =>
      new StateError("STATE_IO", `Cannot ${verb} "${key}": connection reset`, {
        retryable: true,
        details: { simulated: true, applied },
      }),
  };
}
