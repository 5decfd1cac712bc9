import type { SourceRemainder } from "../connect/source.ts";
import type { OperatorPlan, RestorePlan, SinkPlan, SourcePlan, StatePlan } from "./restore-plan-types.ts";

/** A plan of a restore as people read it. */
export function restorePlanText(plan: RestorePlan): string {
  const { snapshot, job, checkpointId, takenAt, keyGroups, operators, sources, sinks, problems } = plan;
  const adopted = keyGroups.adopted ? ", taken over from the snapshot" : "";
  return [
    `restore ${snapshot} of job ${job.before}, checkpoint ${checkpointId}, into pipeline ${job.after}`,
    `  taken at ${dateOf(takenAt)}; what the sources have received since then is read again`,
    `  ${keyGroups.count} key groups${adopted}`,
    ...operators.flatMap(operatorLines),
    ...sources.flatMap(sourceLines),
    ...sinks.map(sinkLine),
    ...(problems.length === 0
      ? ["nothing speaks against it"]
      : problems.map(({ code, message }) => `${code}: ${message}`)),
  ].join("\n");
}

function operatorLines(operator: OperatorPlan): readonly string[] {
  const { operatorId, formerId, action, parallelism, repartitioned, states, watermark } = operator;
  const dealt = repartitioned ? `, dealt out from ${parallelism.before} to ${parallelism.after} subtasks` : "";
  const time = Number.isFinite(watermark) ? `, event time ${dateOf(watermark)}` : "";
  const amount = action === "new" ? "" : `: ${amountOf(operator)}`;
  return [`operator ${named(operatorId, formerId)} ${action}${dealt}${time}${amount}`, ...states.map(stateLine)];
}

function stateLine(state: StatePlan): string {
  const { name, action, kind, versions, version } = state;
  const migration = action === "migrated" ? ` from version ${versions.join(", ")} to ${version}` : "";
  const amount = action === "new" ? "" : `: ${amountOf(state)}`;
  return `  ${kind} ${name} ${action}${migration}${amount}`;
}

function sourceLines({ sourceId, formerId, action, splits, remaining }: SourcePlan): readonly string[] {
  const goesOn = action === "new" ? ", read from its beginning" : `: ${splits.length} splits${behind(remaining)}`;
  return [
    `source ${named(sourceId, formerId)} ${action}${goesOn}`,
    ...splits.map(({ split, maxTimestamp, remaining: rest }) => {
      const seen = Number.isFinite(maxTimestamp) ? `, seen up to ${dateOf(maxTimestamp)}` : "";
      return `  from ${shown(split)}${seen}${behind(rest)}`;
    }),
  ];
}

/** The expected replay. */
function behind(remaining: SourceRemainder | undefined): string {
  if (remaining === undefined) return "";
  const { records, bytes } = remaining;
  const amounts = [records === undefined ? [] : `${records} records`, bytes === undefined ? [] : `${bytes} bytes`];
  return `, ${amounts.flat().join(", ")} to read`;
}

function sinkLine({ sinkId, formerId, action, committed, dropped }: SinkPlan): string {
  const commits = committed > 0 ? `, ${committed} committables are committed first` : "";
  const drops = dropped > 0 ? `, ${dropped} committables are not committed` : "";
  return `sink ${named(sinkId, formerId)} ${action}${commits}${drops}`;
}

function named(id: string, formerId: string | undefined): string {
  return formerId === undefined ? id : `${id} (was ${formerId})`;
}

function amountOf({ keys, entries, bytes }: Pick<StatePlan, "keys" | "entries" | "bytes">): string {
  const counted = keys === undefined || keys === 0 ? "" : `${keys} ${keys === 1 ? "key" : "keys"}, `;
  return `${counted}${entries} ${entries === 1 ? "entry" : "entries"}, ${bytes} bytes`;
}

/** The dates of ECMAScript lie within this many milliseconds of the epoch. */
const DATE_MS_MAX = 8.64e15;

function dateOf(time: number): string {
  return Math.abs(time) <= DATE_MS_MAX ? new Date(time).toISOString() : String(time);
}

function shown(split: unknown): string {
  return JSON.stringify(split, (_name, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}
