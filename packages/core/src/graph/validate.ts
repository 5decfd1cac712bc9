import { ConfigurationError } from "../errors.ts";
import { KEY_GROUPS_MAX } from "../state/key-groups.ts";
import type { LogicalEdge, LogicalGraph, LogicalNode } from "./logical.ts";

/**
 * Checks what a plan takes for granted.
 *
 * @throws {ConfigurationError} GRAPH_EMPTY, GRAPH_CYCLE, GRAPH_FOREIGN_STREAM, ID_MISSING, ID_REPEATED, KEY_MISSING, or
 * OPTION_INVALID if dead letters are read by nobody.
 */
export function validateGraph(graph: LogicalGraph): void {
  if (
    !graph.nodes.some((node) => node.work.kind === "source") ||
    !graph.nodes.some((node) => node.work.kind === "sink")
  ) {
    throw new ConfigurationError(
      "GRAPH_EMPTY",
      `Cannot plan pipeline "${graph.name}": it needs at least one source and one sink`,
      { details: { pipeline: graph.name } },
    );
  }
  checkIds(graph);
  checkMembership(graph);
  checkCycles(graph);
  for (const node of graph.nodes) checkKeyed(node);
  for (const node of graph.nodes) checkSetAside(node, graph);
}

function checkIds(graph: LogicalGraph): void {
  const seen = new Set<string>();
  for (const { id, label } of graph.nodes) {
    if (typeof id !== "string" || id.trim() === "") {
      throw new ConfigurationError(
        "ID_MISSING",
        `Cannot plan pipeline "${graph.name}": a ${label} has no id. Its state is found again by the id after a restart: give it one`,
        { details: { pipeline: graph.name, label } },
      );
    }
    if (seen.has(id)) {
      throw new ConfigurationError(
        "ID_REPEATED",
        `Cannot plan pipeline "${graph.name}": two steps have the id "${id}". Ids tell whose state is whose: give each its own`,
        { details: { pipeline: graph.name, id } },
      );
    }
    seen.add(id);
  }
}

function checkMembership(graph: LogicalGraph): void {
  const nodes = new Set(graph.nodes);
  for (const node of graph.nodes) {
    const stranger = node.inputs.find((edge) => !nodes.has(edge.from));
    if (stranger !== undefined) {
      throw new ConfigurationError(
        "GRAPH_FOREIGN_STREAM",
        `Cannot plan pipeline "${graph.name}": "${node.id}" reads "${stranger.from.id}", which belongs to another pipeline`,
        { details: { pipeline: graph.name, id: node.id, input: stranger.from.id } },
      );
    }
  }
}

function checkCycles(graph: LogicalGraph): void {
  const state = new Map<LogicalNode, "open" | "done">();
  const visit = (node: LogicalNode, path: readonly string[]): void => {
    if (state.get(node) === "done") return;
    if (state.get(node) === "open") {
      throw new ConfigurationError(
        "GRAPH_CYCLE",
        `Cannot plan pipeline "${graph.name}": ${[...path, node.id].join(" reads ")}. A stream cannot feed itself`,
        { details: { pipeline: graph.name, cycle: [...path, node.id] } },
      );
    }
    state.set(node, "open");
    for (const edge of node.inputs) visit(edge.from, [...path, node.id]);
    state.set(node, "done");
  };
  for (const node of graph.nodes) visit(node, []);
}

/** Of a keyed operator's inputs each is dealt out by key, or given to all of its subtasks; at least one is dealt out. */
function checkKeyed(node: LogicalNode): void {
  if (node.work.kind !== "operator" || !node.work.keyed) return;
  const dealtOut = new Set(node.inputs.flatMap((edge) => (edge.partitioning.kind === "hash" ? [edge.input] : [])));
  const fits = ({ input, partitioning: { kind } }: LogicalEdge): boolean =>
    kind === (dealtOut.has(input) ? "hash" : "broadcast");
  if (dealtOut.size > 0 && node.inputs.every(fits)) return;
  throw new ConfigurationError(
    "KEY_MISSING",
    `Cannot plan keyed operator "${node.id}": its input has no keys. Put keyBy(...) before it`,
    { details: { id: node.id } },
  );
}

/** What is set aside and read by nobody would be lost without a word. */
function checkSetAside(node: LogicalNode, graph: LogicalGraph): void {
  const { work } = node;
  if (work.kind === "sink" || graph.isPart === true) return;
  checkIsRead(node, graph, "dead letters", work.deadLetters);
  if (work.kind === "operator") for (const name of work.late ?? []) checkIsRead(node, graph, "late records", name);
}

function checkIsRead(node: LogicalNode, graph: LogicalGraph, what: string, name: string | undefined): void {
  if (name === undefined) return;
  if (graph.nodes.some(({ inputs }) => inputs.some(({ from, side }) => from === node && side === name))) return;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot plan pipeline "${graph.name}": nobody reads the ${what} "${name}" of "${node.id}". Read them with ` +
      "sideOutput(tag) right after the step, or leave the option out",
    { details: { pipeline: graph.name, id: node.id, output: name } },
  );
}

/** @throws {ConfigurationError} PARALLELISM_INVALID if the numbers do not fit together. */
export function checkParallelism(what: string, parallelism: number, keyGroups: number): void {
  if (!Number.isInteger(keyGroups) || keyGroups < 1 || keyGroups > KEY_GROUPS_MAX) {
    throw new ConfigurationError(
      "PARALLELISM_INVALID",
      `Cannot use ${keyGroups} key groups: the number must be a whole one from 1 to ${KEY_GROUPS_MAX}`,
      { details: { keyGroups } },
    );
  }
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > keyGroups) {
    throw new ConfigurationError(
      "PARALLELISM_INVALID",
      `Cannot run ${what} at parallelism ${parallelism}: it must be a whole number from 1 to the ${keyGroups} key groups of the job`,
      { details: { what, parallelism, keyGroups } },
    );
  }
}
