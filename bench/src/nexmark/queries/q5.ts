import { append } from "./query.ts";
export const q5 = append((events) => events.map(() => []));
