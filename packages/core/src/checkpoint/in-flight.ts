import { ByteReader } from "../bytes/reader.ts";
import { openSealed, sealBytes } from "../bytes/sealed.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { CheckpointError, isTidemarkError } from "../errors.ts";

/** An edge of the pipeline, by the steps it joins. */
export interface EdgeName {
  readonly from: string;
  readonly side: string | undefined;
  readonly to: string;
  readonly input: number;
  /** Which one it is of several that lead from the same output into the same input, from 0. */
  readonly nth: number;
}

/** A channel in a checkpoint. */
export interface InFlightChannel extends EdgeName {
  /** The subtasks at its ends. */
  readonly writer: number;
  readonly reader: number;
}

/** Something that a barrier has overtaken: a batch as an encoded value, or a watermark. */
export type InFlightElement =
  | { readonly kind: "batch"; readonly bytes: Uint8Array }
  | { readonly kind: "watermark"; readonly time: number };

/** What was in a channel when a barrier overtook it, in order. */
export interface InFlightContent {
  readonly channel: InFlightChannel;
  readonly elements: readonly InFlightElement[];
}

/** What a manifest says of the records in flight. */
export interface InFlightState {
  /** Tells pipelines apart: records in flight fit none but their own. */
  readonly shape: number;
  /** How many subtasks were at the ends of each edge. */
  readonly edges: readonly (EdgeName & { readonly writers: number; readonly readers: number })[];
  /** Where the contents are, beside the manifest. */
  readonly objects: readonly { readonly name: string; readonly bytes: number }[];
}

const MAGIC = "TMIF";
const VERSION = 0;
const BATCH = 1;
const WATERMARK = 2;

/** The bytes of an object with contents of channels. See docs/format.md, "Records in flight". */
export function encodeInFlight(contents: readonly InFlightContent[]): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(contents.length);
  for (const { channel, elements } of contents) {
    writer.string(channel.from);
    writer.u8(channel.side === undefined ? 0 : 1);
    if (channel.side !== undefined) writer.string(channel.side);
    writer.string(channel.to);
    writer.varint(channel.input);
    writer.varint(channel.nth);
    writer.varint(channel.writer);
    writer.varint(channel.reader);
    writer.varint(elements.length);
    for (const element of elements) {
      writer.u8(element.kind === "batch" ? BATCH : WATERMARK);
      if (element.kind === "batch") writer.bytes(element.bytes);
      else writer.f64(element.time);
    }
  }
  return sealBytes(MAGIC, VERSION, writer.finish());
}

/**
 * Reads the bytes of an object with contents of channels.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT, naming it, if they are not one.
 */
export function decodeInFlight(name: string, bytes: Uint8Array): readonly InFlightContent[] {
  try {
    const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body);
    const contents: InFlightContent[] = [];
    for (let count = reader.varint(); count > 0; count--) contents.push(readContent(reader));
    reader.done();
    return contents;
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new CheckpointError(
      "CHECKPOINT_CORRUPT",
      `Cannot read the records in flight "${name}": ${error.message}. The newest checkpoint is damaged and an older one is never ` +
        "taken in its place: restore the state directory or bucket from a copy; nothing was changed",
      { cause: error, details: { name } },
    );
  }
}

function readContent(reader: ByteReader): InFlightContent {
  const from = reader.string();
  const side = reader.u8() === 0 ? undefined : reader.string();
  const channel: InFlightChannel = {
    from,
    side,
    to: reader.string(),
    input: reader.varint(),
    nth: reader.varint(),
    writer: reader.varint(),
    reader: reader.varint(),
  };
  const elements: InFlightElement[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const kind = reader.u8();
    elements.push(
      kind === BATCH ? { kind: "batch", bytes: reader.bytes() } : { kind: "watermark", time: reader.f64() },
    );
  }
  return { channel, elements };
}
