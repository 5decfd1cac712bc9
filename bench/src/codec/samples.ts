/** Values of each type, a thousand of each. */
const COUNT = 1_000;

/** Values of one type, and how they are written. */
export interface Sample {
  readonly name: string;
  readonly values: readonly unknown[];
  /** Whether JSON gives the same values back. */
  readonly isJson: boolean;
}

/** The same values every time. */
export const SAMPLES: readonly Sample[] = [
  sample("integer", (index) => (index * 7919) % 100_000),
  sample("float", (index) => index * 1.37),
  sample("short string", (index) => `product-${String((index * 31) % 500).padStart(6, "0")}`),
  sample("long string", (index) => `${"Nexmark bids have some text to fill them up. ".repeat(4)}${index}`),
  sample("text beyond ASCII", (index) => `Größe ${index}, 大きさ`),
  sample("boolean", (index) => index % 3 === 0),
  sample("bigint", (index) => BigInt(index) ** 5n, false),
  sample("Date", (index) => new Date(1_700_000_000_000 + index * 1_000), false),
  sample("bytes", (index) => Uint8Array.from({ length: 32 }, (_, at) => (index * at) & 255), false),
  sample("array of numbers", (index) => Array.from({ length: 10 }, (_, at) => index + at)),
  sample("Map", (index) => new Map([["a", index] as const, ["b", 2 * index] as const]), false),
  sample("small record", (index) => ({ id: index, price: index * 1.5, kind: index % 5 })),
  sample("sale", (index) => ({
    product: `product-${String((index * 31) % 500).padStart(6, "0")}`,
    store: index % 50,
    units: 1 + (index % 9),
    cents: 50 + ((index * 7919) % 10_000),
    at: 1_767_225_600_000 + index * 9,
  })),
];

function sample(name: string, make: (index: number) => unknown, isJson = true): Sample {
  return { name, values: Array.from({ length: COUNT }, (_, index) => make(index)), isJson };
}
