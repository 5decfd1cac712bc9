import type { ObjectClient, StoredObject } from "@tidemark/core";

/** Requests made, and bytes sent with them. */
export interface Traffic {
  readonly requests: number;
  readonly bytesPut: number;
  /** Of these, bytes of segments: state alone, without manifests and heads. */
  readonly segmentBytesPut: number;
}

/** An object store in the heap that counts what is asked of it. It answers at once: time in the network is not measured. */
export class ObjectSpace {
  readonly #objects = new Map<string, StoredObject>();
  #requests = 0;
  #bytesPut = 0;
  #segmentBytesPut = 0;
  #puts = 0;

  get traffic(): Traffic {
    return { requests: this.#requests, bytesPut: this.#bytesPut, segmentBytesPut: this.#segmentBytesPut };
  }

  /** Bytes of all objects. */
  get storedBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#objects.values()) sum += bytes.length;
    return sum;
  }

  /** Objects that hold state. */
  get segments(): number {
    return [...this.#objects.keys()].filter(isSegment).length;
  }

  readonly client: ObjectClient = {
    get: async (key, range) => {
      this.#requests++;
      const found = this.#objects.get(key);
      if (found === undefined || range === undefined) return found;
      return { ...found, bytes: found.bytes.subarray(range.offset, range.offset + range.length) };
    },
    put: async (key, bytes, condition) => {
      this.#requests++;
      const found = this.#objects.get(key);
      if (condition === "absent" && found !== undefined) return undefined;
      if (typeof condition === "object" && found?.etag !== condition.etag) return undefined;
      const etag = String(++this.#puts);
      this.#objects.set(key, { bytes: bytes.slice(), etag });
      this.#bytesPut += bytes.length;
      if (isSegment(key)) this.#segmentBytesPut += bytes.length;
      return etag;
    },
    list: async (prefix, startAfter = "") => {
      this.#requests++;
      const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter);
      return keys.toSorted().slice(0, 1_000);
    },
    delete: async (keys) => {
      this.#requests++;
      for (const key of keys) this.#objects.delete(key);
    },
  };
}

function isSegment(key: string): boolean {
  return key.includes("/segments/");
}
