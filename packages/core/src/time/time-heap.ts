/** A binary min-heap of distinct-or-not times. */
export class TimeHeap {
  readonly #times: number[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** The earliest time; `undefined` if there is none. */
  peek(): number | undefined {
    return this.#times[0];
  }

  push(time: number): void {
    const times = this.#times;
    let child = times.length;
    times.push(time);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = times[parent] as number;
      if (above <= time) break;
      times[child] = above;
      child = parent;
    }
    times[child] = time;
  }

  /** Removes the earliest time and returns it. */
  pop(): number | undefined {
    const times = this.#times;
    const first = times[0];
    const last = times.pop();
    if (last === undefined || times.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= times.length) break;
      if (child + 1 < times.length && (times[child + 1] as number) < (times[child] as number)) child++;
      const below = times[child] as number;
      if (below >= last) break;
      times[parent] = below;
      parent = child;
    }
    times[parent] = last;
    return first;
  }
}
