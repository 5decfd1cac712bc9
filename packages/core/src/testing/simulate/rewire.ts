import type { Pipeline } from "../../api/pipeline.ts";
import type { AnySink } from "../../connect/sink.ts";
import type { AnySource } from "../../connect/source.ts";
import { ConfigurationError } from "../../errors.ts";
import type { LogicalGraph, LogicalNode, NodeWork } from "../../graph/logical.ts";
import { sinkOperator } from "../../operators/sink.ts";

/** What stands in the place of a pipeline's connectors. */
export interface Ends {
  source(id: string): AnySource<unknown>;
  sink(id: string): AnySink<unknown>;
}

/** The ids of the sources and of the sinks of a pipeline, and which of the sources have event time. */
export interface EndIds {
  /** The ids of all sources. */
  readonly sources: readonly string[];
  /** The ids of all sinks. */
  readonly sinks: readonly string[];
  /** The ids of the sources with event time. */
  readonly timed: ReadonlySet<string>;
}

/** Finds the ends of a pipeline. */
export function endsOf({ nodes }: LogicalGraph): EndIds {
  const idsOf = (belongs: (work: NodeWork) => boolean): readonly string[] =>
    nodes.filter(({ work }) => belongs(work)).map(({ id }) => id);
  return {
    sources: idsOf(({ kind }) => kind === "source"),
    sinks: idsOf(({ kind }) => kind === "sink"),
    timed: new Set(idsOf((work) => work.kind === "source" && work.eventTime !== undefined)),
  };
}

/** The same pipeline between other connectors. Every step, id, option and function stays as it is. */
export function rewire(pipeline: Pipeline, ends: Ends): Pipeline {
  const made = new Map<LogicalNode, LogicalNode>();
  for (const node of pipeline.graph.nodes) {
    const inputs = node.inputs.map((edge) => ({ ...edge, from: made.get(edge.from) ?? edge.from }));
    made.set(node, { ...node, inputs, work: workBetween(node, ends) });
  }
  const { name, guarantee } = pipeline;
  const graph: LogicalGraph = { name, nodes: [...made.values()] };
  return {
    name,
    guarantee,
    graph,
    source: () => {
      throw new ConfigurationError("OPTION_INVALID", "Cannot add a source to a pipeline that is being simulated");
    },
  };
}

function workBetween({ id, work }: LogicalNode, ends: Ends): NodeWork {
  if (work.kind === "source") return { ...work, source: ends.source(id) };
  if (work.kind !== "sink") return work;
  const sink = ends.sink(id);
  return { ...work, sink, create: sinkOperator(id, sink) };
}
