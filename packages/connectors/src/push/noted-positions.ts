/** Checkpoints whose end is not known that are remembered at most. */
const NOTED_MAX = 1_000;

/** Remembers where a reader stood at each checkpoint until the checkpoint, or a later one, is complete. */
export class NotedPositions<Position> {
  #noted: { readonly checkpointId: number; readonly position: Position }[] = [];

  /** A checkpoint was cut here. Beyond a bound the oldest is forgotten: a later one tells of it too. */
  note(checkpointId: number, position: Position): void {
    this.#noted.push({ checkpointId, position });
    if (this.#noted.length > NOTED_MAX) this.#noted.shift();
  }

  /** A checkpoint is complete, and with it those before. @returns where it was cut; `undefined` if nobody noted it. */
  completed(checkpointId: number): Position | undefined {
    const noted = this.#noted.find((each) => each.checkpointId === checkpointId);
    this.#noted = this.#noted.filter((each) => each.checkpointId > checkpointId);
    return noted?.position;
  }
}
