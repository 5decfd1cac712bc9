/** Codecs: ours, the runtime's, and those of others where they are installed. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

import { decodeBatch, decodeValue, encodeBatch, encodeValue } from "@tidemark/core/internal";

/** Takes a list of values to bytes or text and back. */
export interface Codec {
  readonly name: string;
  /** Whether it can only do what JSON can. */
  readonly isJson: boolean;
  encode(values: readonly unknown[]): unknown;
  decode(encoded: never): readonly unknown[];
}

interface Packer {
  pack?(value: unknown): Uint8Array;
  unpack?(bytes: Uint8Array): unknown;
  encode?(value: unknown): Uint8Array;
  decode?(bytes: Uint8Array): unknown;
}

/** Ours twice, for state and between threads, and the runtime's. */
const OWN: readonly Codec[] = [
  {
    name: "values",
    isJson: false,
    encode: (values) => encodeValue(values),
    decode: (bytes: Uint8Array) => decodeValue(bytes) as readonly unknown[],
  },
  {
    name: "columns",
    isJson: false,
    encode: (values) => encodeBatch({ values, timestamps: values.map((_, index) => index) }),
    decode: (bytes: Uint8Array) => decodeBatch(bytes).values,
  },
  {
    name: "JSON",
    isJson: true,
    // State and batches are bytes: text alone would be half of the way.
    encode: (values) => new TextEncoder().encode(JSON.stringify(values)),
    decode: (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as readonly unknown[],
  },
  {
    name: "v8",
    isJson: false,
    encode: (values) => serialize(values),
    decode: (bytes: Uint8Array) => deserialize(bytes) as readonly unknown[],
  },
];

const OTHERS: readonly string[] = ["msgpackr", "cbor-x"];

/**
 * The codecs that are there.
 *
 * @param folder Where others are installed, as by `npm install --prefix <folder> msgpackr cbor-x`; without it there are
 * none of them: nothing here depends on them.
 * @throws {Error} if a folder is given and they are not there.
 */
export function codecsOf(folder: string | undefined): readonly Codec[] {
  if (folder === undefined) return OWN;
  const load = createRequire(join(folder, "node_modules", "from.cjs"));
  return [...OWN, ...OTHERS.map((name) => codecOf(name, load(name) as Packer))];
}

function codecOf(name: string, packer: Packer): Codec {
  const encode = packer.pack ?? packer.encode;
  const decode = packer.unpack ?? packer.decode;
  if (encode === undefined || decode === undefined) throw new Error(`Cannot use ${name}: it is no codec`);
  return {
    name,
    isJson: false,
    encode: (values) => encode(values),
    decode: (bytes: Uint8Array) => decode(bytes) as readonly unknown[],
  };
}
