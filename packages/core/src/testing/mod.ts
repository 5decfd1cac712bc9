/**
 * What tests of Tidemark, of connectors, of backends and of users' own jobs are made of: the simulator, faulty media,
 * and the conformance suites.
 *
 * @module
 */
export { bytesHost } from "../runtime/bytes-host.ts";
export type {
  Operator,
  OperatorContext,
  OperatorCut,
  OperatorFactory,
  OperatorSnapshot,
} from "../operators/operator.ts";
export { batchOf, type Call, inBatches, type Outcome, type Timed } from "./operator/calls.ts";
export { OperatorHarness } from "./operator/harness.ts";
export type { OperatorHarnessOptions, Saved } from "./operator/harness-options.ts";
export { runOperator, verifyAsyncOperator, verifyOperator } from "./operator/verify.ts";
export { countingObjectClient, type CountingObjectClient, type ObjectRequestCounts } from "./counting-client.ts";
export { type AmbientGuard, guardAmbient } from "./sim/ambient.ts";
export { effectBackend } from "./sim/backend.ts";
export type { Damage, Effect, EffectRecord, Fault, FaultForm, InFlight } from "./sim/effect.ts";
export { type HuntOptions, type HuntReport, huntViolation } from "./sim/hunt.ts";
export {
  jobScenario,
  type PreparedJob,
  type SimBackend,
  type SimJob,
  type SimRunOptions,
  type SimStorage,
} from "./sim/job-scenario.ts";
export { type Count, countingJob, type CountingOptions } from "./sim/jobs/counting.ts";
export { joinsJob, type JoinsOptions, type Pair } from "./sim/jobs/joins.ts";
export { deliveringJob, type DeliveringOptions } from "./sim/jobs/delivering.ts";
export { type RegionsOptions, regionsJob } from "./sim/jobs/regions.ts";
export { relayJob, type RelayOptions } from "./sim/jobs/relay.ts";
export { timersJob, type TimersOptions, type VisitCount } from "./sim/jobs/timers.ts";
export { windowsJob, type WindowsOptions, type WindowTotal } from "./sim/jobs/windows.ts";
export type { CommitWatcher } from "./sim/ledger.ts";
export { simObjectStore, type SimObjectStore, type SimObjectStoreOptions } from "./sim/object-store.ts";
export {
  outputCheck,
  type OutputCheck,
  type OutputExpectation,
  type OutputTally,
  type RowPlace,
} from "./sim/output-check.ts";
export { type FaultPlan, formatPlan, parsePlan } from "./sim/plan.ts";
export { HOLD, newest, oldest, type SchedulePolicy, type SimChoice, starve, uniform } from "./sim/policy.ts";
export { priorities, type Priorities, priority, type PriorityOptions } from "./sim/priority.ts";
export { swizzle, type SwizzleOptions } from "./sim/swizzle.ts";
export type { PointDetail, PointListener, SimOutcome, SimProcess } from "./sim/process.ts";
export { type Lineage, NOTHING_SEEN, observe, type Observed } from "./sim/lineage.ts";
export { protocolCheck, type ProtocolCheck, type ProtocolCheckOptions } from "./sim/protocol-check.ts";
export { simRandom, type SimRandom } from "./sim/random.ts";
export { replay } from "./sim/replay.ts";
export { savepointScenario, type SavepointScenarioOptions } from "./sim/savepoint-scenario.ts";
export { type PreparedScenario, runScenario, type Scenario, type ScenarioReport } from "./sim/scenario.ts";
export { simSink, type SimCommittable, type SimSink, type SimSinkOptions } from "./sim/sink.ts";
export {
  type MediumChange,
  type MediumEntry,
  type MediumRange,
  sortedMedium,
  type SortedMedium,
  type SortedMediumOptions,
} from "./sim/sorted-medium.ts";
export { simTopic, type SimTopic, topicLogs } from "./sim/source.ts";
export type { LogAnswer, LogEntry, LogShape, TopicLog } from "./sim/topic-log.ts";
export type { SimEnumeratorState, SimSplit, SimTopicOptions } from "./sim/topic.ts";
export {
  describeSweep,
  faultsOf,
  sweepCrashPoints,
  type SweepFailure,
  type SweepOptions,
  type SweepReport,
} from "./sim/sweep.ts";
export { type PlacedMark, type TopicMark } from "./sim/topic-marks.ts";
export { type SimTrace, simTrace } from "./sim/trace.ts";
export { type SimMedium, simWorld, type SimWorld, type SimWorldOptions } from "./sim/world.ts";
export { type SinkFixture, sinkSuite, type SinkSuiteOptions } from "./sink-suite.ts";
export { everyStateJob } from "./restore/every-state-job.ts";
export { everyStateRows } from "./restore/every-state-rows.ts";
export type { Order } from "./restore/orders.ts";
export type { OrdersOptions } from "./restore/orders-source.ts";
export { rowsSink, type RowsCommittable, type RowsSink } from "./restore/rows-sink.ts";
export { restoreSuite, type RestoreSuiteOptions } from "./restore-suite.ts";
export { type SourceFixture, sourceSuite, type SourceSuiteOptions } from "./source-suite.ts";
export {
  type StateBackendFixture,
  stateBackendSuite,
  type StateBackendSuiteOptions,
  type StateDamage,
} from "./state-backend-suite.ts";
export {
  frozenEnv,
  type FrozenEnvOptions,
  type ManualEnv,
  manualEnv,
  type TestEnv,
  type TestEnvOptions,
} from "./test-env.ts";
export { drawFaults, type FaultGround, type SimFaults } from "./simulate/faults.ts";
export { ScriptedInput, type SourceInput } from "./simulate/input.ts";
export { Selection } from "./simulate/selection.ts";
export { type RowDifference, symptomsOf } from "./simulate/judge.ts";
export type { EndIds } from "./simulate/rewire.ts";
export { type SimInput, simSource, type SimSource, type SimSourceOptions } from "./simulate/sim-source.ts";
export { simCrash, simEnd, SimMark, simPause } from "./simulate/marks.ts";
export type {
  SimCommits,
  SimOutput,
  SimSavepoints,
  SimSweep,
  SimulateOptions,
  SimulationReport,
} from "./simulate/options.ts";
export type { JobInspection, JobPlace } from "./simulate/inspection.ts";
export type { MoveSettings } from "./simulate/move.ts";
export { type Rows, runTrial, type Subject, type TrialReport } from "./simulate/run-trial.ts";
export { calmSettings, drawSettings, type Settings, type SimulateRunOptions } from "./simulate/settings.ts";
export { type Attempt, shrinkTrial, type ShrinkOptions } from "./simulate/shrink.ts";
export { simulate } from "./simulate/simulate.ts";
export { subjectOf } from "./simulate/subject.ts";
export { formatTrial, parseTrial, type Trial } from "./simulate/trial.ts";
export { SimulationError, type SimulationFailure, type SimulationFinding } from "./simulate/simulation-error.ts";
