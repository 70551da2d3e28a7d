/**
 * The exponential moving average of a series, without the pull of its beginning: what is constant stays exactly so.
 * `weight` from 0 (as it is) to below 1 is how much of the past is kept. Gaps stay gaps.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (!(weight > 0)) return [...values];
  let mean = 0;
  let kept = 1;
  return values.map((value) => {
    if (value === null) return null;
    kept *= weight;
    mean += (value - mean) * ((1 - weight) / (1 - kept));
    return mean;
  });
}
