/** One thing that may happen next, and the state it leads to. */
export interface Step<State> {
  readonly action: string;
  readonly state: State;
}

/** A system as a set of states and the steps between them. States are plain data: equal JSON is one state. */
export interface Model<State> {
  readonly initial: State;
  /** Everything that may happen in a state. Nothing: the run is over. */
  steps(state: State): readonly Step<State>[];
  /** What is wrong with a state, if anything. */
  breach(state: State): string | undefined;
  /** What is wrong with a state after which nothing more happens, if anything. */
  unfinished(state: State): string | undefined;
}

/** What an exploration found. */
export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** Steps from the start to the state that is farthest away. */
  readonly depth: number;
  /** States after which nothing more happens. */
  readonly ends: number;
  /** Actions that were taken somewhere, without what they were applied to. */
  readonly actions: ReadonlySet<string>;
  /** The shortest way to a breach. */
  readonly violation: { readonly breach: string; readonly path: readonly string[] } | undefined;
}

/** A state that was reached, and from where. */
interface Reached<State> {
  readonly state: State;
  readonly action: string;
  readonly from: Reached<State> | undefined;
  readonly depth: number;
}

/**
 * Visits every state that a model can reach, the nearest first, and stops at the first breach: so the way to it is a
 * shortest one.
 *
 * @throws {Error} if there are more than `statesMax` states: a bound that a model outgrew proves nothing.
 */
export function explore<State>(model: Model<State>, statesMax = 2_000_000): Exploration {
  const seen = new Set([JSON.stringify(model.initial)]);
  let front: Reached<State>[] = [{ state: model.initial, action: "", from: undefined, depth: 0 }];
  const actions = new Set<string>();
  let steps = 0;
  let ends = 0;
  let depth = 0;
  const found = (violation: Exploration["violation"]): Exploration => {
    return { states: seen.size, steps, depth, ends, actions, violation };
  };
  while (front.length > 0) {
    const next: Reached<State>[] = [];
    for (const reached of front) {
      depth = reached.depth;
      const breach = model.breach(reached.state);
      if (breach !== undefined) return found({ breach, path: pathTo(reached) });
      const successors = model.steps(reached.state);
      if (successors.length === 0) {
        ends++;
        const open = model.unfinished(reached.state);
        if (open !== undefined) return found({ breach: open, path: pathTo(reached) });
      }
      for (const { action, state } of successors) {
        steps++;
        actions.add(action.replaceAll(/ .*/g, ""));
        const key = JSON.stringify(state);
        if (seen.has(key)) continue;
        if (seen.size >= statesMax) throw new Error(`More than ${statesMax} states: make the model smaller`);
        seen.add(key);
        next.push({ state, action, from: reached, depth: reached.depth + 1 });
      }
    }
    front = next;
  }
  return found(undefined);
}

function pathTo<State>(reached: Reached<State>): readonly string[] {
  const path: string[] = [];
  for (let at: Reached<State> | undefined = reached; at?.from !== undefined; at = at.from) path.push(at.action);
  return path.reverse();
}

/** An exploration in one line, and the way to a breach below it. */
export function describe({ states, steps, depth, ends, violation }: Exploration): string {
  const size = `${states} states, ${steps} steps, ${depth} deep, ${ends} ends`;
  return violation === undefined ? size : [`${size}: ${violation.breach}`, ...violation.path].join("\n  ");
}
