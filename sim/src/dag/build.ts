import { type Guarantee, type Pipeline, pipeline, sideOutput, type SourceOptions, type Stream } from "@tidemark/core";
import { max, sum } from "@tidemark/core/aggregates";
import { asyncMap } from "@tidemark/core/async";
import { session, sliding, tumbling, type WindowResult } from "@tidemark/core/windows";
import { simSink, simTopic, simWorld } from "@tidemark/core/testing";

import { allowed, hold, joined, paired } from "./meetings.ts";
import { DEAD, distinct, listStretch, mapStretch, memo, ODD, pause, poison, route } from "./processes.ts";
import { type DagSpec, mapped, type Rec, type StepOf, type StepSpec } from "./spec.ts";

/** How a pipeline is written, where that makes no difference to its rows. */
export interface Writing {
  /** A later version of the program: with steps that do nothing between the others. */
  readonly upgraded: boolean;
  readonly guarantee?: Guarantee;
  /** Lets time pass in the process that runs it, for a call of a step. Default: none does. */
  readonly wait?: (ms: number, step: string) => Promise<void>;
}

/** How many calls one subtask has under way at most. */
export const CALLS_MAX = 4;

type Recs = Stream<Rec>;
type Wait = NonNullable<Writing["wait"]>;

const LATE = sideOutput<Rec>("late");

/** Writes a random pipeline with the engine. */
export function buildDag(spec: DagSpec, { upgraded, guarantee = "exactly-once", wait = atOnce }: Writing): Pipeline {
  const job: Pipeline = pipeline("dag", { guarantee });
  const streams: Recs[] = [];
  for (const step of spec) {
    if (step.kind === "source") {
      streams.push(job.source(step.id, ANY_SOURCE, step.timed ? timeOf(step) : {}));
      continue;
    }
    const read = streams[step.from]!;
    // A side output is read from the step that emits it, and from no step behind that.
    const input = upgraded && step.kind !== "side" ? read.map((rec) => rec) : read;
    if (step.kind === "sink") input.sink(step.id, ANY_SINK);
    streams.push(step.kind === "sink" ? input : built(step, input, streams, wait));
  }
  return job;
}

const atOnce: Wait = () => Promise.resolve();

function timeOf({ outOfOrderMs, idleAfterMs }: StepOf<"source">): SourceOptions<Rec> {
  const time = { eventTime: ({ at }: Rec) => at, outOfOrder: `${outOfOrderMs}ms` } as const;
  return idleAfterMs === undefined ? time : { ...time, idleAfter: `${idleAfterMs}ms` };
}

// They are never used: simulations put others in their place.
const NOWHERE = simWorld(0);
const NOBODY = NOWHERE.spawn();
const ANY_SOURCE = simTopic<Rec>(NOWHERE, {}).source(NOBODY);
const ANY_SINK = simSink<Rec>(NOWHERE, () => undefined).sink(NOBODY);

function built(
  step: Exclude<StepSpec, StepOf<"source" | "sink">>,
  input: Recs,
  streams: readonly Recs[],
  wait: Wait,
): Recs {
  switch (step.kind) {
    case "map":
      return input.map((rec) => mapped(rec, step.add, step.turn));
    case "filter":
      return input.filter(({ n }) => n % step.modulus !== step.rest);
    case "flatMap":
      return input.flatMap(function* (rec) {
        for (let copy = 0; copy < rec.n % step.most; copy++) yield { ...rec, n: rec.n + copy };
      });
    case "union":
      return input.union(streams[step.other]!);
    case "rebalance":
      return input.rebalance();
    case "count":
      return input
        .map(({ k }) => ({ k, n: 1, at: 0 }))
        .keyBy(({ k }) => k)
        .reduce(step.id, (so, { n }) => ({ ...so, n: so.n + n }));
    case "distinct":
      return input.keyBy(({ k }) => k).process(step.id, distinct());
    case "tumbling":
      return summed(
        input
          .keyBy(({ k }) => k)
          .window(step.id, tumbling(`${step.sizeMs}ms`))
          .aggregate(SUM),
      );
    case "sliding":
      return summed(
        input
          .keyBy(({ k }) => k)
          .window(step.id, sliding(`${step.sizeMs}ms`, `${step.everyMs}ms`))
          .aggregate(SUM),
      );
    case "session": {
      const results = input
        .keyBy(({ k }) => k)
        .window(step.id, session(`${step.gapMs}ms`))
        .aggregate(SUM);
      // A session is complete at its end, and not the millisecond before.
      return results.map(({ key, window, value }) => ({ k: key, n: value % 1009, at: window.end }));
    }
    case "stretch": {
      const keyed = input.keyBy(({ k }) => k);
      return step.state === "map"
        ? keyed.process(step.id, mapStretch(step))
        : keyed.process(step.id, listStretch(step));
    }
    case "route":
      return input.keyBy(({ k }) => k).process(step.id, route());
    case "side":
      return input.sideOutput(ODD);
    case "peak":
      return input
        .keyBy(({ k }) => k)
        .window(step.id, tumbling(`${step.sizeMs}ms`))
        .aggregate(max(({ n }) => n))
        .map(({ key, window, value }) => ({ k: key, n: value, at: window.end - 1 }));
    case "memo":
      return input.keyBy(({ k }) => k).process(step.id, memo(step));
    case "pause":
      return input.keyBy(({ k }) => k).process(step.id, pause(step));
    case "call":
      return called(step, input, wait);
    case "join":
      return joined(step, input, streams[step.other]!);
    case "pairs":
      return paired(step, input, streams[step.other]!);
    case "allowed":
      return allowed(step, input, streams[step.other]!);
    case "hold":
      return input.process(step.id, hold());
    case "poison": {
      const counted = input.keyBy(({ k }) => k).process(step.id, poison(), { deadLetters: DEAD });
      return counted.union(counted.sideOutput(DEAD).map(({ record }) => ({ k: record!.k, n: record!.n + 500, at: 0 })));
    }
    case "tardy":
      return tardy(step, input);
    default:
      return step satisfies never;
  }
}

const SUM = sum<Rec>(({ n }) => n);

/** The sums so far of all that was in windows, and of all that came too late for them. */
function tardy({ id, sizeMs }: StepOf<"tardy">, input: Recs): Recs {
  const sums = input
    .keyBy(({ k }) => k)
    .window(id, tumbling(`${sizeMs}ms`), { lateOutput: LATE })
    .aggregate(SUM);
  return sums
    .map(({ key, value }) => ({ k: key, n: value, at: 0 }))
    .union(sums.sideOutput(LATE).map(({ k, n }) => ({ k, n, at: 0 })))
    .keyBy(({ k }) => k)
    .reduce(`${id}-total`, (so, { n }) => ({ ...so, n: so.n + n }));
}

function called({ id, order, isKeyed, slowMs }: StepOf<"call">, input: Recs, wait: Wait): Recs {
  const call = asyncMap<Rec, Rec>(
    async (rec, { attempt }) => {
      await wait((rec.n % 4) * slowMs, id);
      if (rec.n % 5 === 2 && attempt === 1) throw new Error("busy");
      return { ...rec, n: rec.n + 1 };
    },
    { order, capacity: CALLS_MAX, retry: { initialDelay: "2ms" }, timeout: "1h" },
  );
  return isKeyed ? input.keyBy(({ k }) => k).pipe(id, call) : input.pipe(id, call);
}

function summed(results: Stream<WindowResult<string, number>>): Recs {
  return results.map(({ key, window, value }) => ({ k: key, n: value % 1009, at: window.end - 1 }));
}
