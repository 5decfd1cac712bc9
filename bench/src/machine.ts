/** Where a benchmark ran. */
import { cpus } from "node:os";

/** What a number depends on besides the program. */
export interface Machine {
  readonly node: string;
  readonly processor: string;
  readonly processors: number;
}

/** This machine, and this Node. */
export function machine(): Machine {
  const processors = cpus();
  return {
    node: process.versions.node,
    processor: processors[0]?.model ?? "an unknown processor",
    processors: processors.length,
  };
}

/** The machine in a line. */
export function formatMachine({ node, processor, processors }: Machine): string {
  return `Node ${node}, ${processors} x ${processor}`;
}
