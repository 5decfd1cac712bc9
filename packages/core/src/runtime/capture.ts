import type { InFlightElement } from "../checkpoint/in-flight.ts";
import { isTidemarkError, SerializationError } from "../errors.ts";
import type { Batch } from "../operators/batch.ts";
import { encodeValue } from "../state/value-codec.ts";
import type { ChannelElement } from "./channel.ts";

/** What a gate needs where barriers may overtake. */
export interface Captures {
  /** Notes what the barriers of a checkpoint overtake. */
  capture(checkpointId: number, nameOf: (channel: number) => string): Capture;
  /** Why records of an edge cannot be part of a checkpoint. */
  unsupported(edge: string, error: Error): SerializationError;
}

interface Captured {
  readonly batch: Batch;
  bytes: Uint8Array | undefined;
}

/**
 * What the barriers of one checkpoint overtook at one gate. It is noted by reference, in constant time a batch, and
 * encoded in slices; a batch that is about to be given out before its turn is encoded first, since user code may change
 * what it is given.
 */
export class Capture {
  readonly checkpointId: number;
  readonly #nameOf: (channel: number) => string;
  readonly #channels = new Map<number, (Captured | { readonly time: number })[]>();
  readonly #open = new Set<number>();
  /** What is not encoded yet, in order. */
  readonly #due = new Map<ChannelElement, { readonly channel: number; readonly captured: Captured }>();
  #complete = false;
  #dropped = false;
  #bytes = 0;
  #records = 0;

  constructor(checkpointId: number, nameOf: (channel: number) => string) {
    this.checkpointId = checkpointId;
    this.#nameOf = nameOf;
  }

  /** Whether all barriers have come: nothing more is added. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** Whether nothing of it is needed any more. */
  get isDropped(): boolean {
    return this.#dropped;
  }

  /** The encoded records so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The records overtaken so far. */
  get records(): number {
    return this.#records;
  }

  /** What waits in a channel is captured; with `goesOn`, so is what comes until {@link end}. */
  begin(channel: number, waiting: readonly ChannelElement[], goesOn: boolean): void {
    this.#channels.set(channel, []);
    if (goesOn) this.#open.add(channel);
    for (const element of waiting) this.#note(channel, element);
  }

  /** Something has come into a channel. */
  arrived(channel: number, element: ChannelElement): void {
    if (this.#open.has(channel)) this.#note(channel, element);
  }

  /** The barrier of a channel has come. */
  end(channel: number): void {
    this.#open.delete(channel);
  }

  has(channel: number): boolean {
    return this.#channels.has(channel);
  }

  complete(): void {
    this.#complete = true;
  }

  /** It is written, or the checkpoint will not happen: what it holds is given back. */
  drop(): void {
    this.#dropped = true;
    this.#complete = true;
    this.#open.clear();
    this.#due.clear();
    this.#channels.clear();
  }

  /** The element is about to be given out. */
  touch(element: ChannelElement): void {
    if (this.#due.size === 0) return;
    const due = this.#due.get(element);
    if (due === undefined) return;
    this.#due.delete(element);
    this.#encode(due.channel, due.captured);
  }

  /** Encodes the next batch in line. False: there is none. */
  encodeNext(): boolean {
    for (const element of this.#due.keys()) {
      this.touch(element);
      return true;
    }
    return false;
  }

  /** What was captured, by channel; all of it is encoded. Empty channels are left out. */
  contents(): readonly { readonly channel: number; readonly elements: readonly InFlightElement[] }[] {
    return [...this.#channels].flatMap(([channel, elements]) =>
      elements.length === 0 ? [] : [{ channel, elements: elements.map(elementOf) }],
    );
  }

  /** Statuses and ends come again from the sources; barriers and cancel markers belong to no later attempt. */
  #note(channel: number, element: ChannelElement): void {
    const elements = this.#channels.get(channel);
    if (elements === undefined) return;
    if (element.kind === "watermark") {
      // The end of time comes again from the source, and an earlier one in a row says no more than the last.
      const last = elements.at(-1);
      if (last !== undefined && "time" in last) elements.pop();
      if (Number.isFinite(element.time)) elements.push({ time: element.time });
    }
    if (element.kind !== "batch") return;
    const captured: Captured = { batch: element.batch, bytes: undefined };
    elements.push(captured);
    this.#records += element.batch.values.length;
    this.#due.set(element, { channel, captured });
  }

  #encode(channel: number, captured: Captured): void {
    const { values, timestamps } = captured.batch;
    try {
      captured.bytes = encodeValue([values, timestamps]);
    } catch (error) {
      if (!isTidemarkError(error)) throw error;
      throw inFlightUnsupported(this.#nameOf(channel), error);
    }
    this.#bytes += captured.bytes.length;
  }
}

function elementOf(captured: Captured | { readonly time: number }): InFlightElement {
  if ("time" in captured) return { kind: "watermark", time: captured.time };
  return { kind: "batch", bytes: captured.bytes ?? new Uint8Array(0) };
}

/** The error of a record that cannot be part of a checkpoint, with the edge it was found on. */
export function inFlightUnsupported(edge: string, error: Error): SerializationError {
  return new SerializationError(
    "VALUE_UNSUPPORTED",
    `Cannot put the records from ${edge} into unaligned checkpoints: ${error.message}. Emit plain data, or use checkpoint.mode "aligned"`,
    { cause: error, details: { edge } },
  );
}
