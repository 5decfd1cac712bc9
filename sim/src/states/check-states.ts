/** Holds the state in a checkpoint against an interpreter that has read as much of the sources as the checkpoint has. */
import type { Snapshot } from "@tidemark/core/savepoints";

import { topicLogs } from "@tidemark/core/testing";

import { meanings } from "../dag/interpret.ts";
import type { DagSpec, Rec, StepSpec } from "../dag/spec.ts";
import type { InFlight } from "../in-flight.ts";
import { dump, type FoundEntry, type StateEntry } from "./dump.ts";
import { type ExpectedEntry, expectedState, PROMPT } from "./expected.ts";
import { grouped } from "./grouped.ts";
import { type Layout, truncate } from "./truncate.ts";

/** What came of a look into a checkpoint. */
export interface StatesChecked {
  /** How many entries were as they had to be. */
  readonly entries: number;
  /** The text of each entry that is wrong. */
  readonly wrong: readonly string[];
}

/** What is known of a checkpoint besides. */
export interface CheckpointKnown {
  /** What barriers have overtaken on the way into its steps. Default: nothing. */
  readonly inFlight?: readonly InFlight[];
  /** Where the records of its sources stand. Default: no position is left out. */
  readonly layout?: Layout;
  /** Whether its job is over: what event time passes is gone then, if that has come to its end. Default: false. */
  readonly isLast?: boolean;
}

/** Where no position is left out. */
const AS_COUNTED: Layout = (splits) => topicLogs(0, splits);

/**
 * Compares every entry and timer of the steps whose state follows from the records that a checkpoint has read. Records that
 * barriers have overtaken on the way into a step have been read and are in no state: exactly those have to be missing there.
 */
export async function checkStates(
  spec: DagSpec,
  snapshot: Snapshot,
  { inFlight = [], layout = AS_COUNTED, isLast = false }: CheckpointKnown = {},
): Promise<StatesChecked> {
  const none = { entries: 0, wrong: [] };
  const read = truncate(spec, snapshot, layout);
  const kinds = new Map(read.flatMap((step) => ("id" in step ? [[step.id, step.kind] as const] : [])));
  // On the way into a step that has no name, it could be any of them.
  if (inFlight.some(({ to }) => !kinds.has(to))) return none;
  const streams = meanings(read);
  const found = grouped(await dump(snapshot, (id) => kinds.get(id)), ({ operator }) => operator);
  const targets = new Set(inFlight.map(({ to }) => to));
  const all = read.map((step) => {
    if (step.kind === "source" || step.kind === "sink" || !("id" in step)) return none;
    if (!isPrompt(read, step.from, targets)) return none;
    if ("other" in step && !isPrompt(read, step.other, targets)) return none;
    const onTheirWay = (input: number): readonly Rec[] =>
      inFlight.flatMap((each) => (each.to === step.id && each.input === input ? (each.values as readonly Rec[]) : []));
    const [recs, strange] = without(step, streams[step.from]!, onTheirWay(0));
    const [others, strangers] = without(step, "other" in step ? streams[step.other]! : [], onTheirWay(1));
    const expected = expectedState(step, recs, others);
    if (expected === undefined) return none;
    const watermarks = watermarksOf(snapshot, step.id);
    const { entries, wrong } = compare(step.id, expected, found.get(step.id) ?? [], watermarks, isLast);
    const never = [...strange, ...strangers].map(
      (rec) => `"${step.id}" is sent ${JSON.stringify(rec)}, which never was`,
    );
    return { entries, wrong: [...never, ...wrong] };
  });
  return { entries: all.reduce((sum, { entries }) => sum + entries, 0), wrong: all.flatMap(({ wrong }) => wrong) };
}

/** The records that have come to a step, and those on their way that were never sent to it. */
function without(
  { kind }: StepSpec,
  recs: readonly Rec[],
  onTheirWay: readonly Rec[],
): readonly [come: readonly Rec[], strange: readonly Rec[]] {
  // A count is sent the keys alone.
  const nameOfRec = ({ k, n, at }: Rec): string => (kind === "count" ? k : `${k} ${n} ${at}`);
  const left = grouped(recs, nameOfRec);
  const strange = onTheirWay.filter((rec) => left.get(nameOfRec(rec))?.pop() === undefined);
  return [[...left.values()].flat(), strange];
}

/** Whether nothing of what was read is held back on the way to the output of a step. */
function isPrompt(spec: DagSpec, index: number, targets: ReadonlySet<string>): boolean {
  const step: StepSpec = spec[index]!;
  if ("id" in step && targets.has(step.id)) return false;
  if (!PROMPT.has(step.kind)) return false;
  if (step.kind === "source") return true;
  return isPrompt(spec, step.from, targets) && (!("other" in step) || isPrompt(spec, step.other, targets));
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
  isLast: boolean,
): StatesChecked {
  const wrong: string[] = [];
  let entries = 0;
  const wanted = grouped(expected, textOf);
  for (const one of found) {
    const match = wanted.get(textOf(one))?.pop();
    const time = watermarks.of(one.keyGroup);
    if (match === undefined) wrong.push(`"${id}" has ${textOf(one)}, which does not follow from what was read`);
    // Before the end it may still be there, where a job is stopped too: a barrier need not wait until all of it has fired.
    else if (isLast && match.until !== undefined && time === Infinity) {
      wrong.push(`"${id}" still has ${textOf(one)}, though event time and the job have come to their end`);
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
