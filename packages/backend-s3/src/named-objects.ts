import { StateError } from "@tidemark/core";
import { equalBytes } from "@tidemark/core/internal";
import { putInParts } from "./large-objects.ts";
import type { Requests } from "./requests.ts";

/** Where a kind of object lives, and how its names are spelled in keys. */
export interface NamedObjectsOptions {
  readonly requests: Requests;
  /** All keys begin with it. */
  readonly prefix: string;
  /** What messages call one of them. */
  readonly kind: string;
  /** An object larger than this is written in parts of this size, if the client can. */
  readonly partBytes: number;
}

/** Objects that are written once, under names. Writing the same bytes again is no error; other bytes are. */
export class NamedObjects {
  readonly #options: NamedObjectsOptions;
  /** What is there, as far as this session knows: complete once it was listed. */
  readonly #names = new Set<string>();
  #isListed = false;

  constructor(options: NamedObjectsOptions) {
    this.#options = options;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const { requests, kind } = this.#options;
    const key = this.key(name);
    this.#names.add(name);
    if ((await this.#write(key, bytes)) !== undefined) return;
    // It is there: from an earlier attempt whose answer was lost, or from somebody else.
    const found = await requests.get(key);
    if (found === undefined) {
      throw new StateError("STATE_IO", `Cannot write ${kind} "${name}": it is said to exist, and cannot be read`, {
        retryable: true,
      });
    }
    if (equalBytes(found.bytes, bytes)) return;
    throw new StateError("STATE_IO", `Cannot write ${kind} "${name}": there is another one of that name`);
  }

  /** All of it, or a range; `undefined` if there is none. */
  async get(
    name: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | undefined> {
    return (await this.#options.requests.get(this.key(name), range))?.bytes;
  }

  async delete(names: readonly string[]): Promise<void> {
    await this.#options.requests.delete(names.map((name) => this.key(name)));
    for (const name of names) this.#names.delete(name);
  }

  /** What to sweep: listed once, and kept up from what this session writes and deletes. */
  async list(): Promise<readonly string[]> {
    if (!this.#isListed) for (const name of await this.listed()) this.#names.add(name);
    this.#isListed = true;
    return [...this.#names];
  }

  /** The names as the store gives them now. */
  async listed(): Promise<readonly string[]> {
    const { requests, prefix } = this.#options;
    const names: string[] = [];
    for (let last: string | undefined; ;) {
      const page = await requests.list(prefix, last);
      last = page.at(-1);
      if (last === undefined) return names;
      for (const key of page) names.push(nameOf(key.slice(prefix.length)));
    }
  }

  /** Whether the store shows any. */
  async isEmpty(): Promise<boolean> {
    const { requests, prefix } = this.#options;
    return (await requests.list(prefix, undefined)).length === 0;
  }

  #write(key: string, bytes: Uint8Array): Promise<string | undefined> {
    const { requests, partBytes } = this.#options;
    const { multipart } = requests;
    if (multipart === undefined || bytes.length <= partBytes) return requests.putRepeated(key, bytes, "absent");
    return putInParts(key, bytes, { requests, multipart, partBytes });
  }

  /** The key of a name. */
  key(name: string): string {
    return this.#options.prefix + spelled(name);
  }
}

/** Percent-encoded, with `=` in the place of `%`: some stores do not take `%` in keys well. */
export function spelled(name: string): string {
  return encodeURIComponent(name).replaceAll("%", "=");
}

function nameOf(spelling: string): string {
  try {
    return decodeURIComponent(spelling.replaceAll("=", "%"));
  } catch {
    // Somebody else's object: no name of ours looks like this, so nothing will be done to it.
    return spelling;
  }
}
