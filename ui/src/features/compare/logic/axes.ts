/** Which axes the parallel coordinates begin with: what was tried, then what came of it. */

import { isNumeric } from "../../../components/charts/scales";
import { type Compared, differs, distinct, varying } from "./comparison";

const PARAMS = 6;
const METRICS = 3;
const MOST_CATEGORIES = 24;

/** Params that tell the runs apart, the handier first, and the metrics most runs have. */
export function firstAxes(compared: Compared): string[] {
  const { column, keys, drawn } = compared;
  const params = varying(compared, "params").filter((key) => isNumeric(column(`params.${key}`)) || distinct(column(`params.${key}`)) <= MOST_CATEGORIES);
  const known = [...drawn, ...keys.metrics.filter((key) => !drawn.includes(key))];
  const metrics = known.filter((key) => differs(column(`metrics.${key}`)));
  return [...params.slice(0, PARAMS).map((key) => `params.${key}`), ...metrics.slice(0, METRICS).map((key) => `metrics.${key}`)];
}

/** The axes that can be chosen: whatever has a value. */
export function allAxes({ keys }: Compared): string[] {
  return [...keys.params.map((key) => `params.${key}`), ...keys.metrics.map((key) => `metrics.${key}`), ...keys.tags.map((key) => `tags.${key}`)];
}
