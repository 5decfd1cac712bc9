import { type Damage, type Fault, type FaultForm, type InFlight } from "./effect.ts";

/**
 * Which faults strike a run: the first entry strikes the first life of the job, the second one the life after the first
 * crash, and so on. An entry with several faults strikes one life several times. A life without a fault runs to its end.
 */
export type FaultPlan = readonly (Fault | readonly Fault[])[];

/** The faults of one life. */
export function faultsOfLife(plan: FaultPlan, life: number): readonly Fault[] {
  const entry = plan[life];
  if (entry === undefined) return [];
  return isList(entry) ? entry : [entry];
}

function isList(entry: Fault | readonly Fault[]): entry is readonly Fault[] {
  return Array.isArray(entry);
}

/**
 * Writes a plan as one word, such as `41:before` or `3:refused+41:torn0:power,3:after:late`: lives are divided by commas,
 * the faults of one life by plus signs, and a life
 * without any is a dash. No fault: `none`.
 *
 * @example
 * ```ts
 * import { formatPlan } from "@tidemark/core/testing";
 *
 * console.log(formatPlan([{ at: 41, form: "before" }, [], { at: 3, form: "torn0", power: true }]));
 * // prints 41:before,-,3:torn0:power
 * ```
 */
export function formatPlan(plan: FaultPlan): string {
  if (plan.length === 0) return "none";
  return plan.map((_, life) => faultsOfLife(plan, life).map(formatFault).join("+") || "-").join(",");
}

function formatFault(fault: Fault): string {
  const parts = [String(fault.at), fault.form];
  if (fault.power === true) parts.push("power");
  if (fault.inFlight !== undefined && fault.inFlight !== "lost") parts.push(fault.inFlight);
  if (fault.damage !== undefined) parts.push(fault.damage);
  if (fault.heldMs !== undefined) parts.push(`${fault.heldMs}ms`);
  return parts.join(":");
}

/**
 * Reads what {@link formatPlan} wrote.
 *
 * @throws {RangeError} if the text is no plan.
 *
 * @example
 * ```ts
 * import { parsePlan } from "@tidemark/core/testing";
 *
 * const [first] = parsePlan("41:before,3:torn0:power");
 * console.log(first);
 * // prints {"at":41,"form":"before","power":false,"inFlight":"lost"}
 * ```
 */
export function parsePlan(text: string): FaultPlan {
  if (text === "none") return [];
  return text.split(",").map((life) => {
    if (life === "-") return [];
    const faults = life.split("+").map(parseFault);
    return faults.length === 1 ? faults[0]! : faults;
  });
}

function parseFault(text: string): Fault {
  const [at, form, ...rest] = text.split(":");
  if (at === undefined || !/^\d+$/.test(at) || !isForm(form)) {
    throw new RangeError(`Cannot read the fault "${text}": expected <effect>:<form>, such as 41:before`);
  }
  let power = false;
  let inFlight: InFlight = "lost";
  let damage: Damage | undefined;
  let heldMs: number | undefined;
  for (const word of rest) {
    if (word === "power") power = true;
    else if (word === "applied" || word === "late") inFlight = word;
    else if (word === "flip" || word === "cut") damage = word;
    else if (/^\d+ms$/.test(word)) heldMs = Number.parseInt(word, 10);
    else throw new RangeError(`Cannot read the fault "${text}": unknown word "${word}"`);
  }
  return {
    at: Number(at),
    form,
    power,
    inFlight,
    ...(damage === undefined ? {} : { damage }),
    ...(heldMs === undefined ? {} : { heldMs }),
  };
}

function isForm(form: string | undefined): form is FaultForm {
  return form !== undefined && /^(before|after|refused|unanswered|held|torn\d+)$/.test(form);
}
