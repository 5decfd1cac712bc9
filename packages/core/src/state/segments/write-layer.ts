import type { Env } from "../../env/env.ts";
import type { KeyRange } from "../backend.ts";
import type { Change } from "./delta.ts";
import type { Layer, SegmentRef } from "./handle-codec.ts";
import { type NameOrigin, segmentName } from "./names.ts";
import { checksumOf, SegmentWriter } from "./segment-codec.ts";
import type { SegmentIo } from "./segment-io.ts";
import { Pace, sliceOf } from "./slices.ts";
import type { SortedTable } from "./sorted-table.ts";

/** A segment is finished with the entry that takes it to this size. */
export const SEGMENT_BYTES_MAX: number = 4 * 1024 * 1024;

/** What is to be written as one layer. */
export interface LayerContent {
  readonly ranges: readonly KeyRange[];
  readonly entries: SortedTable<Change> | SortedTable<Uint8Array>;
}

/** Where a layer goes. */
export interface LayerTarget extends NameOrigin {
  readonly io: SegmentIo;
  readonly env: Env;
  readonly owner: string;
  /** Told each name before it is written. */
  readonly onName: (name: string) => void;
}

/** Writes a layer in pieces of bounded size. `content` must not change meanwhile. */
export async function writeLayer(target: LayerTarget, content: LayerContent): Promise<Layer> {
  const pieces: SegmentRef[] = [];
  const pace = new Pace(target.env);
  let writer = new SegmentWriter(content.ranges);
  let from: Uint8Array = new Uint8Array(0);
  for (let after = false; ; after = true) {
    const slice = sliceOf<Change>(content.entries, from, after);
    const last = slice.at(-1);
    if (last === undefined) break;
    from = last.key;
    for (const { key, value } of slice) writer.add(key, value);
    if (writer.sizeBytes >= SEGMENT_BYTES_MAX) {
      pieces.push(await put(writer));
      writer = new SegmentWriter([]);
    }
    await pace.spend(slice.length);
  }
  if (writer.entries > 0 || (pieces.length === 0 && content.ranges.length > 0)) pieces.push(await put(writer));
  return { epoch: target.epoch, pieces };

  async function put(full: SegmentWriter): Promise<SegmentRef> {
    const bytes = full.finish();
    const { generation, epoch, owner } = target;
    const name = segmentName({ generation, epoch, owner, piece: pieces.length });
    target.onName(name);
    await target.io.put(name, bytes);
    return { name, sizeBytes: bytes.length, checksum: checksumOf(bytes) };
  }
}
