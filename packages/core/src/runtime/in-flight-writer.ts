import { encodeInFlight, type InFlightContent, type InFlightElement } from "../checkpoint/in-flight.ts";
import { manifestName } from "../checkpoint/manifest.ts";
import type { ManifestStore } from "../state/backend.ts";
import type { Capture } from "./capture.ts";
import type { Gate } from "./gate.ts";

/** Where records in flight are written, and whose they are. */
export interface InFlightPlace {
  readonly manifests: ManifestStore;
  readonly generation: number;
  /** The number of the stage that reads, and its subtask. */
  readonly stage: number;
  readonly subtask: number;
  readonly gate: Gate;
}

/** An object of records in flight. */
export interface InFlightObject {
  readonly name: string;
  readonly bytes: number;
}

/** About how many bytes go into one object. */
const OBJECT_BYTES = 4 * 1024 * 1024;

/** Makes durable what the barriers of a checkpoint overtook at a gate; all of it is captured and encoded. */
export async function writeInFlight(place: InFlightPlace, capture: Capture): Promise<readonly InFlightObject[]> {
  const { manifests, generation, stage, subtask } = place;
  const written: InFlightObject[] = [];
  for (const contents of pieces(place, capture)) {
    // The name begins with that of the manifest: it lives as long.
    const prefix = manifestName(generation, capture.checkpointId);
    const name = `${prefix}-inflight-${stage}-${subtask}-${written.length}`;
    const bytes = encodeInFlight(contents);
    await manifests.write(name, bytes);
    written.push({ name, bytes: bytes.length });
  }
  return written;
}

/** Cuts the contents into objects of about one size, in order. */
function* pieces({ gate, subtask }: InFlightPlace, capture: Capture): Generator<readonly InFlightContent[], void> {
  let piece: InFlightContent[] = [];
  let bytes = 0;
  for (const { channel: index, elements } of capture.contents()) {
    const found = gate.channels[index];
    if (found === undefined) continue;
    const channel = { ...found.edge, writer: found.channel.from.subtask, reader: subtask };
    let part: InFlightElement[] = [];
    for (const element of elements) {
      part.push(element);
      bytes += element.kind === "batch" ? element.bytes.length : 8;
      if (bytes < OBJECT_BYTES) continue;
      yield [...piece, { channel, elements: part }];
      [piece, part, bytes] = [[], [], 0];
    }
    if (part.length > 0) piece.push({ channel, elements: part });
  }
  if (piece.length > 0) yield piece;
}
