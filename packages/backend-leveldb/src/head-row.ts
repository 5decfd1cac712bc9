import type { HeadStore, HeadVersion } from "@tidemark/core";
import { ByteReader, ByteWriter } from "@tidemark/core/internal";
import type { HeadWitness } from "./head-witness.ts";
import type { LevelRows } from "./level-rows.ts";
import type { InTurn } from "./rollback.ts";
import { HEAD_KEY } from "./row-keys.ts";

/** A head, with how often it was set. */
export interface NumberedHead extends HeadVersion {
  readonly version: number;
}

/** The head as it stands in its row. */
export async function readHead(rows: LevelRows): Promise<NumberedHead | undefined> {
  const payload = await rows.get(HEAD_KEY);
  if (payload === undefined) return undefined;
  const reader = new ByteReader(payload);
  const version = reader.u64();
  return { tag: String(version), version, bytes: reader.raw(reader.remaining) };
}

/** The head as one row: how often it was set, which is its tag, and its bytes. Comparing and setting is one turn. */
export function headRow(rows: LevelRows, inTurn: InTurn, witness: HeadWitness | undefined): HeadStore {
  return {
    read: () => inTurn(() => readHead(rows)),
    compareAndSet: (expected, bytes) =>
      inTurn(async () => {
        const found = await readHead(rows);
        if (found?.tag !== expected) return undefined;
        const version = (found?.version ?? 0) + 1;
        const writer = new ByteWriter(8 + bytes.length);
        writer.u64(version);
        writer.raw(bytes);
        await rows.commitDurably([{ key: HEAD_KEY, payload: writer.finish() }]);
        await witness?.write(version);
        return String(version);
      }),
  };
}
