/**
 * Prints records, to look at them.
 *
 * @example
 * ```ts
 * import { consoleSink } from "@tidemark/connectors/console";
 *
 * const sink = consoleSink<{ readonly id: number }>({ format: ({ id }) => `order ${id}` });
 * ```
 *
 * @module
 */
import type { Sink, SinkWriter } from "@tidemark/core";

/** Options of {@link consoleSink}. */
export interface ConsoleSinkOptions<T> {
  /** Takes a line. Default: `console.log`. */
  readonly write?: (line: string) => void;
  /** Makes a line of a record. Default: a string as it is, anything else as JSON. */
  readonly format?: (value: T) => string;
}

function asLine(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
}

/**
 * Prints each record at once. What was printed cannot be taken back, so records since the last checkpoint are printed
 * again after a failure.
 *
 * @typeParam T what is printed.
 */
export function consoleSink<T>(options: ConsoleSinkOptions<T> = {}): Sink<T, never, "at-least-once"> {
  const { write = (line) => globalThis.console.log(line), format = asLine } = options;
  const writer: SinkWriter<T, never> = {
    full: false,
    write: (values) => {
      for (const value of values) write(format(value));
    },
    drained: () => Promise.resolve(),
    prepareCommit: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  return { name: "console", delivery: "at-least-once", createWriter: () => writer };
}
