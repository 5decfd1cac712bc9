/** What travels with the records and cuts the stream into epochs. */
export interface Barrier {
  readonly checkpointId: number;
  /** Whether it overtakes the records that wait before it; they become part of the checkpoint. */
  readonly unaligned: boolean;
  /** From this monotonic moment on it overtakes if it still waits; Infinity: it never does. */
  readonly alignedUntil: number;
}

/** What a gate has to do, in this order. */
export type AlignmentEffect =
  /** Take no more from this channel. */
  | { readonly kind: "block"; readonly channel: number }
  /** All that waits in this channel belongs to the checkpoint, and all that comes until its barrier does. */
  | { readonly kind: "capture"; readonly channel: number; readonly checkpointId: number }
  /** The barrier waits in this channel: take it out. What lies before it belongs to the checkpoint, and nothing else. */
  | { readonly kind: "overtake"; readonly channel: number; readonly checkpointId: number }
  /** Take the snapshot, and pass the barrier on. */
  | { readonly kind: "snapshot"; readonly barrier: Barrier }
  /** The barriers of all channels are here: nothing more belongs to the checkpoint. */
  | { readonly kind: "captured"; readonly checkpointId: number }
  /** The pending checkpoint will not happen here. `"aborted"`: as its coordinator said. */
  | { readonly kind: "abandon"; readonly checkpointId: number; readonly reason: AbandonReason }
  /** Tell those downstream that no barrier of this checkpoint follows. */
  | { readonly kind: "cancel"; readonly checkpointId: number }
  /** Let every channel flow, once the snapshot is taken. */
  | { readonly kind: "unblock" };

/** Why a subtask gives up on a checkpoint. */
export type AbandonReason = "aborted" | "barrier-subsumed" | "cancel-marker";

/** What a gate tells of the barriers in its channels. Every answer is complete: no state but the handler's own. */
export interface BarrierHandler {
  /** A barrier has been put into a channel, behind what waits there. */
  announced(channel: number, barrier: Barrier): readonly AlignmentEffect[];
  /** A barrier has come out of a channel, in its turn. */
  barrier(channel: number, barrier: Barrier): readonly AlignmentEffect[];
  /** A barrier that was announced has waited for longer than it should. */
  timeout(barrier: Barrier): readonly AlignmentEffect[];
  /** A cancel marker has come out of a channel. */
  cancel(checkpointId: number): readonly AlignmentEffect[];
  /** The coordinator has aborted the checkpoint; its barriers may have come, be on their way, or never come. */
  abort(checkpointId: number): readonly AlignmentEffect[];
}
