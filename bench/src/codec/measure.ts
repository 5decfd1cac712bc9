/** How many values a codec writes and reads each second of processor time. */
import { isDeepStrictEqual } from "node:util";

import { spreadOf, type Spread } from "../statistics.ts";
import type { Codec } from "./codecs.ts";
import type { Sample } from "./samples.ts";

/** One codec with one type. */
export interface CodecRow {
  readonly sample: string;
  readonly codec: string;
  /** Millions of values a second. */
  readonly encode: Spread;
  readonly decode: Spread;
  readonly bytesPerValue: number;
  /** Whether it gives back what it was given. One that does not is shown for its speed. */
  readonly exact: boolean;
}

/** How long each direction is measured, and how often. */
export interface CodecEffort {
  readonly rounds: number;
  readonly batches: number;
}

/**
 * Measures the codecs with one type, in turns.
 *
 * @throws {Error} if one of ours does not give back what it was given.
 */
export function measureSample(
  { name, values }: Sample,
  codecs: readonly Codec[],
  effort: CodecEffort,
): readonly CodecRow[] {
  const measured = codecs.map((codec) => ({ codec, encode: [] as number[], decode: [] as number[] }));
  // The first round warms up and is thrown away.
  for (let round = 0; round <= effort.rounds; round++) {
    for (const { codec, encode, decode } of measured) {
      const encoded = codec.encode(values) as never;
      const rates = [() => codec.encode(values), () => codec.decode(encoded)].map((work) =>
        rateOf(work, effort.batches * values.length, effort.batches),
      );
      if (round === 0) continue;
      encode.push(rates[0] ?? 0);
      decode.push(rates[1] ?? 0);
    }
  }
  return measured.map(({ codec, encode, decode }) => {
    const encoded = codec.encode(values) as Uint8Array;
    const exact = isDeepStrictEqual(codec.decode(encoded as never), values);
    if (!exact && ["values", "columns"].includes(codec.name)) {
      throw new Error(`Cannot count ${codec.name} with ${name}: it does not give back what it was given`);
    }
    return {
      sample: name,
      codec: codec.name,
      encode: spreadOf(encode),
      decode: spreadOf(decode),
      bytesPerValue: encoded.length / values.length,
      exact,
    };
  });
}

/** Millions of values a second of processor time. */
function rateOf(work: () => unknown, values: number, batches: number): number {
  const before = process.cpuUsage();
  for (let batch = 0; batch < batches; batch++) work();
  const { user, system } = process.cpuUsage(before);
  return values / Math.max(1, user + system);
}
