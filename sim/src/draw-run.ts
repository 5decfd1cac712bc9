import { simLeveldb } from "@tidemark/backend-leveldb/testing";
import { simMemory } from "@tidemark/backend-memory/testing";
import { simS3 } from "@tidemark/backend-s3/testing";
import type { Guarantee } from "@tidemark/core";
import {
  drawFaults,
  drawSettings,
  type FaultPlan,
  type MoveSettings,
  type Settings,
  type SimBackend,
  type SimFaults,
  type SimSinkOptions,
  type SimTopicOptions,
  simRandom,
  type SimRandom,
} from "@tidemark/core/testing";

import { drawDag } from "./dag/draw.ts";
import { isWithin } from "./dag/interpret.ts";
import type { DagSpec } from "./dag/spec.ts";
import { drawHaste, drawPressure, slowLists } from "./draw-pressure.ts";

/** How many of the runs are inspected. It follows from the seed by itself, so that nothing else is drawn differently. */
const INSPECTIONS = 0.08;
const INSPECTED = 0x1a5bec7;
/** How many of those on S3 have a store that lists slowly. By itself, too. */
const SLOW_LISTS = 0.1;
const SLOW = 0x510b0a7;

/** On how many of those on S3 with small limits each entry is an object of its own. By itself, too. */
const TINY_PIECES = 0.15;
const TINY = 0x71417;
/** How many keep little of their state in memory. By itself, too. */
const LIMITS = 0.08;
const LIMITED = 0x11417ed;
const HASTY = 0x4a57e;
const LOGGED = 0x106;

/** Everything about one run of the swarm. All of it follows from the seed. */
export interface SwarmRun {
  readonly seed: number;
  readonly spec: DagSpec;
  readonly guarantee: Guarantee;
  readonly backend: SimBackend;
  readonly settings: Settings;
  readonly plan: FaultPlan;
  /** From which start on a later version of the program runs. `Infinity`: never. */
  readonly upgradedFrom: number;
}

/** Backends, in their strong and their weak forms; those on a disk more often, since power cuts strike them alone. */
export const BACKENDS: readonly SimBackend[] = [
  simMemory(),
  simLeveldb(),
  simLeveldb(),
  simLeveldb({ unsyncedLoss: "any" }),
  simLeveldb({ unsyncedLoss: "any" }),
  simS3(),
  simS3({ name: "s3-lagging", listLagMs: 2_000, pageSize: 2 }),
  simS3({ name: "s3-small", pieces: "small" }),
  simS3({ name: "s3-small-lagging", pieces: "small", listLagMs: 2_000, pageSize: 2 }),
];

/** Draws a run. Each has its own pipeline, backend and settings, and its own subset and intensity of faults. */
export function drawRun(seed: number): SwarmRun {
  const random = simRandom(seed);
  const guarantee = random.chance(0.12) ? "at-least-once" : "exactly-once";
  const spec = drawSmallDag(random.fork(), guarantee);
  const backend = inPieces(simRandom(seed ^ TINY), BACKENDS[random.below(BACKENDS.length)]!);
  const upgradedFrom = random.chance(0.15) ? 1 + random.below(3) : Infinity;
  const drawn = drawSettings(seed, {});
  // Another version of a program has other edges, and records in flight belong to edges; barriers that are counted overtake none.
  const inLine = upgradedFrom === Infinity && guarantee === "exactly-once" ? drawn : aligned(drawn);
  const move = drawMove(random.fork());
  const unhurried = drawPressure(random.fork(), {
    ...inLine,
    topic: { ...inLine.topic, ...drawTopic(simRandom(seed ^ LOGGED)) },
    sink: { ...inLine.sink, ...drawCommits(random.fork()) },
    run: { ...inLine.run, ...drawLimit(simRandom(seed ^ LIMITED)) },
    move,
    inspects: simRandom(seed ^ INSPECTED).chance(INSPECTIONS),
  });
  const settings = drawHaste(simRandom(seed ^ HASTY), unhurried);
  const disk = backend.disk || move?.backend.disk === true;
  // Nobody moves a job while another process of it is only held up.
  const ground = {
    effects: 16 + random.below(144),
    backend: { disk, shared: backend.shared === true && move === undefined },
  };
  const plan = drawFaults(random.fork(), ground, drawKinds(random));
  const slow = simRandom(seed ^ SLOW);
  const isSlow = backend.name.startsWith("s3") && slow.chance(SLOW_LISTS);
  const pressed = isSlow ? slowLists(slow, { backend, settings, plan }) : { backend, settings, plan };
  return { seed, spec, guarantee, upgradedFrom, ...pressed };
}

/** Sinks that are slow to commit, that do not know whether they have, and that do not wait for ever to be asked. */
function drawCommits(random: SimRandom): SimSinkOptions {
  return {
    commitMs: random.chance(0.3) ? 2 ** random.below(11) : 0,
    retries: random.chance(0.25) ? 0.3 : 0,
    ...(random.chance(0.04) ? { expireMs: 2 ** (6 + random.below(8)) } : {}),
  };
}

/** Logs as others write them, whose positions are no counts; brokers that repeat themselves; ends that nobody has announced. */
function drawTopic(random: SimRandom): SimTopicOptions {
  return {
    gaps: random.chance(0.2) ? 0.1 + 0.5 * random.next() : 0,
    redelivers: random.chance(0.2) ? 0.1 + 0.5 * random.next() : 0,
    lateEndMs: random.chance(0.1) ? 2 ** random.below(11) : 0,
  };
}

function inPieces(random: SimRandom, backend: SimBackend): SimBackend {
  const isTiny = backend.name === "s3-small" && random.chance(TINY_PIECES);
  return isTiny ? simS3({ name: "s3-small-tiny", pieces: "tiny" }) : backend;
}

/** A limit of state that a few entries reach. */
function drawLimit(random: SimRandom): { readonly stateBytes?: number } {
  return random.chance(LIMITS) ? { stateBytes: 1024 * 2 ** random.below(4) } : {};
}

function drawMove(random: SimRandom): MoveSettings | undefined {
  if (!random.chance(0.12)) return undefined;
  const how = (["claim", "fork", "stay"] as const)[random.below(3)]!;
  return { how, afterRecords: random.below(30), backend: BACKENDS[random.below(BACKENDS.length)]! };
}

/** Rows beyond which a pipeline is drawn anew: joins multiply, and what is large is slow. */
const ROWS_MAX = 400;

function drawSmallDag(random: SimRandom, guarantee: Guarantee): DagSpec {
  for (;;) {
    const spec = drawDag(random, guarantee === "at-least-once");
    if (isWithin(spec, ROWS_MAX)) return spec;
  }
}

function drawKinds(random: SimRandom): SimFaults {
  return {
    crashes: random.below(10),
    failures: random.chance(0.5) ? random.below(6) : 0,
    power: random.chance(0.7),
    inFlight: random.chance(0.6),
    held: random.chance(0.5),
    damage: random.chance(0.08),
  };
}

function aligned(settings: Settings): Settings {
  const { mode: _mode, alignedTimeout: _timeout, ...checkpoint } = settings.run.checkpoint ?? {};
  return { ...settings, run: { ...settings.run, checkpoint } };
}
