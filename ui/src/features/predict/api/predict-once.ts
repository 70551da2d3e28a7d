import { call } from "../../../lib/api";
import { type Table, tableOfReply } from "../lib/feeds";
import type { Row } from "../lib/fields";

/** Predictions by a process of the server. */
export async function predictOnServer(name: string, version: string, rows: readonly Row[]): Promise<Table> {
  return tableOfReply((await call("views.predict_once", { name, version, rows: [...rows] })).predictions);
}
