import { type Fault, type FaultForm, type InFlight } from "./effect.ts";

/**
 * Which faults strike a run: the first one strikes the first life of the job, the second one the life after the first
 * crash, and so on. A life without a fault runs to its end.
 */
export type FaultPlan = readonly Fault[];

/** Writes a plan as one word, such as `41:before` or `41:torn0:power,3:after:late`. No fault: `none`. */
export function formatPlan(plan: FaultPlan): string {
  if (plan.length === 0) return "none";
  return plan.map(formatFault).join(",");
}

function formatFault(fault: Fault): string {
  const parts = [String(fault.at), fault.form];
  if (fault.power === true) parts.push("power");
  if (fault.inFlight !== undefined && fault.inFlight !== "lost") parts.push(fault.inFlight);
  return parts.join(":");
}

/**
 * Reads what {@link formatPlan} wrote.
 *
 * @throws {RangeError} if the text is no plan.
 */
export function parsePlan(text: string): FaultPlan {
  if (text === "none") return [];
  return text.split(",").map(parseFault);
}

function parseFault(text: string): Fault {
  const [at, form, ...rest] = text.split(":");
  if (at === undefined || !/^\d+$/.test(at) || !isForm(form)) {
    throw new RangeError(`Cannot read the fault "${text}": expected <effect>:<form>, such as 41:before`);
  }
  let power = false;
  let inFlight: InFlight = "lost";
  for (const word of rest) {
    if (word === "power") power = true;
    else if (word === "applied" || word === "late") inFlight = word;
    else throw new RangeError(`Cannot read the fault "${text}": unknown word "${word}"`);
  }
  return { at: Number(at), form, power, inFlight };
}

function isForm(form: string | undefined): form is FaultForm {
  return form !== undefined && /^(before|after|refused|unanswered|torn\d+)$/.test(form);
}
