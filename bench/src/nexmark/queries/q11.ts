import { append } from "./query.ts";
export const q11 = append((events) => events.map(() => []));
