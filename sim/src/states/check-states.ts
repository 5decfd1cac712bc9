/** Holds the state in a checkpoint against an interpreter that has read as much of the sources as the checkpoint has. */
import type { Snapshot } from "@tidemark/core/savepoints";

import { meanings } from "../dag/interpret.ts";
import type { DagSpec, StepSpec } from "../dag/spec.ts";
import { dump, type FoundEntry, type StateEntry } from "./dump.ts";
import { type ExpectedEntry, expectedState, PROMPT } from "./expected.ts";
import { grouped } from "./grouped.ts";
import { truncate } from "./truncate.ts";

/** What came of a look into a checkpoint. */
export interface StatesChecked {
  /** How many entries were as they had to be. */
  readonly entries: number;
  /** The text of each entry that is wrong. */
  readonly wrong: readonly string[];
}

/**
 * Compares every entry and timer of the steps whose state follows from the records that a checkpoint has read. Nothing, where
 * barriers have overtaken records: those are in no state.
 */
export async function checkStates(spec: DagSpec, snapshot: Snapshot): Promise<StatesChecked> {
  const none = { entries: 0, wrong: [] };
  if (snapshot.image.facts.hasRecordsInFlight === true) return none;
  const read = truncate(spec, snapshot);
  const streams = meanings(read);
  const kinds = new Map(read.flatMap((step) => ("id" in step ? [[step.id, step.kind] as const] : [])));
  const found = grouped(await dump(snapshot, (id) => kinds.get(id)), ({ operator }) => operator);
  const all = read.map((step) => {
    if (step.kind === "source" || step.kind === "sink" || !("id" in step)) return none;
    if (!isPrompt(read, step.from) || ("other" in step && !isPrompt(read, step.other))) return none;
    const expected = expectedState(step, streams[step.from]!, "other" in step ? streams[step.other]! : []);
    if (expected === undefined) return none;
    return compare(step.id, expected, found.get(step.id) ?? [], watermarksOf(snapshot, step.id));
  });
  return { entries: all.reduce((sum, { entries }) => sum + entries, 0), wrong: all.flatMap(({ wrong }) => wrong) };
}

/** Whether nothing of what was read is held back on the way to the output of a step. */
function isPrompt(spec: DagSpec, index: number): boolean {
  const step: StepSpec = spec[index]!;
  if (!PROMPT.has(step.kind)) return false;
  if (step.kind === "source") return true;
  return isPrompt(spec, step.from) && (!("other" in step) || isPrompt(spec, step.other));
}

interface Watermarks {
  of(keyGroup: number): number;
  readonly greatest: number;
}

function watermarksOf(snapshot: Snapshot, id: string): Watermarks {
  const ranges = snapshot.operators().find(({ operatorId }) => operatorId === id)?.watermarks ?? [];
  return {
    of: (group) =>
      ranges.find(({ keyGroups: { first, last } }) => first <= group && group <= last)?.watermark ?? -Infinity,
    greatest: Math.max(-Infinity, ...ranges.map(({ watermark }) => watermark)),
  };
}

function compare(
  id: string,
  expected: readonly ExpectedEntry[],
  found: readonly FoundEntry[],
  watermarks: Watermarks,
): StatesChecked {
  const wrong: string[] = [];
  let entries = 0;
  const wanted = grouped(expected, textOf);
  for (const one of found) {
    const match = wanted.get(textOf(one))?.pop();
    if (match === undefined) wrong.push(`"${id}" has ${textOf(one)}, which does not follow from what was read`);
    else if (match.until !== undefined && match.until <= watermarks.of(one.keyGroup)) {
      wrong.push(`"${id}" still has ${textOf(one)}, though event time is at ${watermarks.of(one.keyGroup)}`);
    } else entries++;
  }
  for (const missing of [...wanted.values()].flat()) {
    // Of a key without entries the key group is not told, so the furthest one decides.
    if (missing.until !== undefined && missing.until <= watermarks.greatest) continue;
    wrong.push(`"${id}" lacks ${textOf(missing)}`);
  }
  return { entries, wrong };
}

function textOf({ state, key, place, value }: StateEntry): string {
  return `${state} of ${key}${place === "" ? "" : ` at ${place}`}: ${JSON.stringify(value)}`;
}
