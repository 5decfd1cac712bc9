/** One record of the benchmark: something was sold, or given back. */
export interface Sale {
  readonly product: string;
  readonly store: number;
  /** Negative if it was given back. */
  readonly units: number;
  readonly cents: number;
  /** When, in milliseconds since the epoch. Grows from one sale to the next. */
  readonly at: number;
}

/** Sales in memory: all of them in the order of time, and the same ones by the partition of their product. */
export interface SaleSet {
  readonly all: readonly Sale[];
  /**
   * All sales of a product are in one partition, as in a partitioned log: then each product's results come in one order,
   * however many subtasks there are, and a checksum over them can be compared.
   */
  partitions(count: number): readonly (readonly Sale[])[];
  /** Those that were given back, in the same partitions. */
  returns(count: number): readonly (readonly Sale[])[];
}

/** All sales together span this many hours. */
export const HOURS = 10;

const HOUR_MS = 3_600_000;
const BEGIN = Date.UTC(2026, 0, 1);
const STORES = 50;

/** Makes sales, the same ones every time. */
export function makeSales(records: number, products: number): SaleSet {
  const names = Array.from({ length: products }, (_, product) => `product-${String(product).padStart(6, "0")}`);
  const random = generator(20_260_101);
  const productOf = new Uint32Array(records);
  const all: Sale[] = [];
  for (let i = 0; i < records; i++) {
    const product = random() % products;
    productOf[i] = product;
    all.push({
      product: names[product] as string,
      store: random() % STORES,
      // One in ten is given back.
      units: random() % 10 === 0 ? -1 : 1 + (random() % 9),
      cents: 50 + (random() % 10_000),
      at: BEGIN + Math.floor((i * HOURS * HOUR_MS) / records),
    });
  }
  const partitions = remembering((count) => {
    if (count === 1) return [all];
    const parts: Sale[][] = Array.from({ length: count }, () => []);
    all.forEach((sale, i) => (parts[(productOf[i] as number) % count] as Sale[]).push(sale));
    return parts;
  });
  const returns = remembering((count) => partitions(count).map((part) => part.filter(({ units }) => units < 0)));
  return { all, partitions, returns };
}

type Partitions = readonly (readonly Sale[])[];

/** Cuts sales once for each number of partitions. */
function remembering(cut: (count: number) => Partitions): (count: number) => Partitions {
  const known = new Map<number, Partitions>();
  return (count) => {
    const partitions = known.get(count) ?? cut(count);
    known.set(count, partitions);
    return partitions;
  };
}

/** Pseudo-random numbers of 31 bits (xorshift32, Marsaglia 2003). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}
