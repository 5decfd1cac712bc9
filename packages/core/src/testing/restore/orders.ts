/** A record of the job with every kind of state. */
export interface Order {
  /** Who ordered. All orders of one customer lie in one split. */
  readonly customer: string;
  /** What was ordered, by its number. */
  readonly item: number;
  /** Event time, in milliseconds. */
  readonly at: number;
}

/** The windows of the job. */
export const WINDOW_MS = 100;

/** The gap of its sessions. */
export const GAP_MS = 70;

/** How many splits the orders come in. */
export const ORDER_SPLITS = 4;

/** The orders of every split. A customer's are all in one: so a customer's state does not depend on who reads first. */
export function ordersOf(split: number, count: number): readonly Order[] {
  return Array.from({ length: count }, (_, index) => ({
    customer: `${split}-${(index * 7) % 5}`,
    item: 1 + ((index * 5 + split) % 9),
    at: 10_000 + index * 20 + ((index * 13) % 30),
  }));
}
