/**
 * Readers whose event times are kept together: a split that is too far ahead of the slowest is not read on, so that what
 * comes after them need not hold what the fast ones have read. It changes when records are read, never which.
 *
 * The slowest is the least of the splits that are active and have reached some time, whoever reads them. One that is idle,
 * that has ended, or of which nothing has been read yet holds nobody up; nor is the slowest itself beyond its limit, so
 * somebody can always go on.
 */
export class AlignmentGroup {
  readonly #members: AlignmentMember[] = [];

  /** @param maxDriftMs how far the splits of the member may be ahead of the slowest. */
  join(maxDriftMs: number): AlignmentMember {
    const member = new AlignmentMember(this.#members, maxDriftMs);
    this.#members.push(member);
    return member;
  }
}

/** A reader in an alignment group: what it tells the group, and asks it. */
export class AlignmentMember {
  readonly #members: readonly AlignmentMember[];
  readonly #maxDriftMs: number;
  #slowest = Infinity;
  #awaited = Infinity;
  #resume = (): void => undefined;

  constructor(members: readonly AlignmentMember[], maxDriftMs: number) {
    this.#members = members;
    this.#maxDriftMs = maxDriftMs;
  }

  /** How far a split of this reader may have come and still be read on. */
  get limit(): number {
    return this.#members.reduce((least, member) => Math.min(least, member.#slowest), Infinity) + this.#maxDriftMs;
  }

  /** How far the slowest of its splits has come; `Infinity`: it has none that counts. */
  report(slowest: number): void {
    if (this.#slowest === slowest) return;
    this.#slowest = slowest;
    for (const member of this.#members) {
      if (member.#awaited === Infinity || member.#awaited > member.limit) continue;
      member.#awaited = Infinity;
      member.#resume();
    }
  }

  /** Calls `resume`, once, when the limit has reached a time; `Infinity`: never. What it waited for before is forgotten. */
  awaitLimit(time: number, resume: () => void): void {
    this.#awaited = time;
    this.#resume = resume;
  }
}
