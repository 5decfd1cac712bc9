import { type KeyedProcess, type Pipeline, pipeline, sideOutput, type Stream } from "@tidemark/core";
import { sum } from "@tidemark/core/aggregates";
import { listState, type ListStateDescriptor, mapState, type MapStateDescriptor } from "@tidemark/core/state";
import { session, sliding, tumbling, type WindowResult } from "@tidemark/core/windows";
import { simSink, simTopic, simWorld } from "@tidemark/core/testing";

import { type DagSpec, mapped, type Rec, type StepSpec } from "./spec.ts";

/** How a pipeline is written, where that makes no difference to its rows. */
export interface Writing {
  /** A later version of the program: with steps that do nothing between the others. */
  readonly upgraded: boolean;
}

type Recs = Stream<Rec, "exactly-once">;
type Steps<K extends StepSpec["kind"]> = Extract<StepSpec, { readonly kind: K }>;

const ODD = sideOutput<Rec>("odd");

/** Writes a random pipeline with the engine. */
export function buildDag(spec: DagSpec, { upgraded }: Writing): Pipeline {
  const job = pipeline("dag", { guarantee: "exactly-once" });
  const streams: Recs[] = [];
  for (const step of spec) {
    if (step.kind === "source") {
      const time = { eventTime: ({ at }: Rec) => at, outOfOrder: `${step.outOfOrderMs}ms` } as const;
      streams.push(job.source(step.id, ANY_SOURCE, step.timed ? time : {}));
      continue;
    }
    const read = streams[step.from]!;
    // A side output is read from the step that emits it, and from no step behind that.
    const input = upgraded && step.kind !== "side" ? read.map((rec) => rec) : read;
    if (step.kind === "sink") input.sink(step.id, ANY_SINK);
    streams.push(step.kind === "sink" ? input : built(step, input, streams));
  }
  return job;
}

// They are never used: simulations put others in their place.
const NOWHERE = simWorld(0);
const NOBODY = NOWHERE.spawn();
const ANY_SOURCE = simTopic<Rec>(NOWHERE, {}).source(NOBODY);
const ANY_SINK = simSink<Rec>(NOWHERE, () => undefined).sink(NOBODY);

function built(step: Exclude<StepSpec, Steps<"source" | "sink">>, input: Recs, streams: readonly Recs[]): Recs {
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
    default:
      return step satisfies never;
  }
}

const SUM = sum<Rec>(({ n }) => n);

function summed(results: Stream<WindowResult<string, number>, "exactly-once">): Recs {
  return results.map(({ key, window, value }) => ({ k: key, n: value % 1009, at: window.end - 1 }));
}

function distinct(): KeyedProcess<Rec, string, { seen: MapStateDescriptor<number, boolean> }, Rec> {
  return {
    state: { seen: mapState<number, boolean>() },
    onRecord({ k, n }, context) {
      if (context.state.seen.has(n)) return;
      context.state.seen.set(n, true);
      context.emit({ k, n, at: 0 });
    },
  };
}

function route(): KeyedProcess<Rec, string, Record<never, never>, Rec> {
  return {
    onRecord(rec, context) {
      if (rec.n % 2 === 0) context.emit(rec);
      else context.output(ODD, rec);
    },
  };
}

/** The sum of each stretch in an entry of its own. */
function mapStretch({
  sizeMs,
}: Steps<"stretch">): KeyedProcess<Rec, string, { sums: MapStateDescriptor<number, number> }, Rec> {
  return {
    state: { sums: mapState<number, number>() },
    onRecord({ n, at }, context) {
      const start = Math.floor(at / sizeMs) * sizeMs;
      context.state.sums.set(start, (context.state.sums.get(start) ?? 0) + n);
      context.setEventTimer(start + sizeMs - 1);
    },
    onTimer(time, context) {
      const start = time + 1 - sizeMs;
      context.emit({ k: context.key, n: (context.state.sums.get(start) ?? NaN) % 1009, at: time });
      context.state.sums.delete(start);
    },
  };
}

/** All records that wait for their stretch to end in one list. */
function listStretch({
  sizeMs,
}: Steps<"stretch">): KeyedProcess<Rec, string, { waiting: ListStateDescriptor<Rec> }, Rec> {
  return {
    state: { waiting: listState<Rec>() },
    onRecord(rec, context) {
      context.state.waiting.add(rec);
      context.setEventTimer(Math.floor(rec.at / sizeMs) * sizeMs + sizeMs - 1);
    },
    onTimer(time, context) {
      const all = context.state.waiting.get();
      const due = all.filter(({ at }) => Math.floor(at / sizeMs) * sizeMs + sizeMs - 1 === time);
      context.state.waiting.update(all.filter((rec) => !due.includes(rec)));
      context.emit({ k: context.key, n: due.reduce((total, { n }) => total + n, 0) % 1009, at: time });
    },
  };
}
