import { ByteReader } from "../bytes/reader.ts";
import { ByteWriter } from "../bytes/writer.ts";
import type { Batch } from "../operators/batch.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";
import type { SnapshotPart, Subtask } from "./subtask.ts";

/** A call of a host to a subtask: the method's name and its arguments, and what the outputs have room for. */
export interface CallFrame {
  readonly method: Exclude<keyof Subtask, "close">;
  readonly arguments: readonly unknown[];
  /** Records that every output still takes; Infinity if there is none. */
  readonly room: number;
}

/** What a subtask put out during a call. */
export type EmittedFrame =
  | { readonly kind: "batch"; readonly edge: number; readonly target: number; readonly batch: Batch }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "end" }
  | { readonly kind: "late"; readonly records: number }
  | { readonly kind: "letter"; readonly operatorId: string; readonly call: string };

/** The answer to a call: what came out, and what the method returned. */
export interface ReplyFrame {
  readonly emitted: readonly EmittedFrame[];
  /** A Progress is a number too. */
  readonly result: SnapshotPart | readonly string[] | number | boolean | undefined;
}

/** Frames begin with the version of their form. */
const FRAME_VERSION = 0;

/** The bytes of a frame. */
export function encodeFrame(frame: CallFrame | ReplyFrame): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(FRAME_VERSION);
  writer.raw(encodeValue(frame));
  return writer.finish();
}

/** Reads the bytes of a call. */
export function decodeCall(bytes: Uint8Array): CallFrame {
  return decodeFrame(bytes) as CallFrame;
}

/** Reads the bytes of a reply. */
export function decodeReply(bytes: Uint8Array): ReplyFrame {
  return decodeFrame(bytes) as ReplyFrame;
}

function decodeFrame(bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== FRAME_VERSION) {
    throw new RangeError(`Cannot read a frame of version ${version}: this program knows ${FRAME_VERSION}`);
  }
  return decodeValue(bytes.subarray(1));
}
