import { deepFreeze } from "../deep-freeze.ts";
import { unsupported } from "../entry-codec.ts";
import type { Evolution, ValuePlace } from "../evolution.ts";
import { decodeValue, encodeValue } from "../value-codec.ts";

/** What an {@link ItemCodec} is for. */
export interface ItemCodecOptions {
  readonly place: ValuePlace;
  readonly version: number;
  readonly evolution: Evolution | undefined;
  /** Whether mistakes are looked for: what is kept is frozen, and each value is checked by the schema. */
  readonly strict: boolean;
}

/** Turns the values of one state into bytes when they are written, and back when they are restored. */
export class ItemCodec {
  readonly state: string;
  readonly #options: ItemCodecOptions;

  constructor(options: ItemCodecOptions) {
    this.state = options.place.state;
    this.#options = options;
  }

  /**
   * The bytes of a value that user code gives.
   *
   * @throws {SerializationError} VALUE_UNSUPPORTED, with the path to what cannot be encoded.
   * @throws {StateError} STATE_INCOMPATIBLE if the schema refuses it.
   */
  encode(value: unknown): Uint8Array {
    const { place, evolution, strict } = this.#options;
    if (strict) evolution?.check(value, place);
    let bytes: Uint8Array;
    try {
      bytes = encodeValue(value);
    } catch (error) {
      throw unsupported(error, place);
    }
    if (strict) deepFreeze(value);
    return bytes;
  }

  /**
   * A restored value in the declared version, with its bytes.
   *
   * @throws {StateError} STATE_INCOMPATIBLE if a migration throws, or the schema refuses it.
   */
  restore(bytes: Uint8Array, version: number): { readonly value: unknown; readonly bytes: Uint8Array } {
    const { place, evolution, strict, version: declared } = this.#options;
    const stored = decodeValue(bytes);
    const value = evolution === undefined ? stored : evolution.read(stored, version, place);
    if (strict) deepFreeze(value);
    // What was restored is a view of a whole manifest.
    return { value, bytes: version === declared ? new Uint8Array(bytes) : this.encode(value) };
  }
}
