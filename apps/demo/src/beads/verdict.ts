/**
 * Compares what the sinks have committed with a plain loop over the integers. It shares no code with the engine.
 *
 * @module
 */
import type { Row } from "./bead-sink.ts";
import type { Beads } from "./deal.ts";

/** What came of the comparison. */
export interface Verdict {
  readonly right: boolean;
  readonly lines: readonly string[];
}

/**
 * A committed row is a new total, so the difference to the row before it is the bead that was added. Each integer must
 * have been added exactly once, and the last total must be what the loop finds.
 */
export function judge(beads: Beads, committed: readonly Row[]): Verdict {
  const lines: string[] = [];
  let right = true;
  for (const parity of ["even", "odd"] as const) {
    let expected = 0;
    const due = new Set<number>();
    for (const bead of [...beads.fast, ...beads.slow]) {
      if ((bead % 2 === 0) !== (parity === "even")) continue;
      expected += bead;
      due.add(bead);
    }
    const wanted = due.size;
    const wrong: number[] = [];
    let total = 0;
    for (const row of committed) {
      if (row.parity !== parity) continue;
      const added = row.total - total;
      if (!due.delete(added)) wrong.push(added);
      total = row.total;
    }
    const good = due.size === 0 && wrong.length === 0 && total === expected;
    right &&= good;
    const rows = committed.filter((row) => row.parity === parity).length;
    lines.push(
      `${good ? "✓" : "✗"} ${parity.padEnd(4)}  committed ${total} in ${rows} rows; a plain loop over ${wanted} integers gives ${expected}`,
    );
    if (due.size > 0) lines.push(`  missing: ${[...due].join(", ")}`);
    if (wrong.length > 0) lines.push(`  added twice, or never sent: ${wrong.join(", ")}`);
  }
  return { right, lines };
}
