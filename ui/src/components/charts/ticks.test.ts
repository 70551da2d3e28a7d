import { describe, expect, test } from "vitest";

import { durationTicks, logTicks, numberTicks, ticksOf, timeTicks } from "./ticks";

const WHOLE = { kind: "number", log: false, whole: true } as const;

describe("numbers", () => {
  test("have round places and no more digits than they need", () => {
    expect(numberTicks(0, 1, 5).texts).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    expect(numberTicks(0.1, 0.3, 2).texts).toEqual(["0.1", "0.2", "0.3"]);
  });

  test("are short where they are large or small", () => {
    expect(numberTicks(0, 10_000, 5).texts).toEqual(["0", "2k", "4k", "6k", "8k", "10k"]);
    expect(numberTicks(0, 3_000_000, 3).texts).toEqual(["0", "1M", "2M", "3M"]);
    expect(numberTicks(0, 1e-5, 2).texts).toEqual(["0", "5e-6", "1.0e-5"]);
  });

  test("of which only whole ones mean something have no marks between", () => {
    expect(ticksOf(WHOLE, 0, 2, 10).texts).toEqual(["0", "1", "2"]);
  });

  test("tell neighbours apart that are far from zero", () => {
    const { texts } = numberTicks(1_000_000, 1_000_003, 3);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("are never without end", () => {
    expect(numberTicks(0, Number.POSITIVE_INFINITY, 5).at.length).toBeLessThanOrEqual(100);
    expect(numberTicks(1, 1, 5).texts).toEqual(["1"]);
  });
});

describe("powers of ten", () => {
  test("are marked, and between them where there is room", () => {
    expect(logTicks(1, 100, 4).texts).toEqual(["1", "10", "100"]);
    expect(logTicks(1, 100, 10).texts).toEqual(["1", "2", "5", "10", "20", "50", "100"]);
  });

  test("are thinned out where there are many", () => {
    expect(logTicks(1e-9, 1, 5).at).toEqual([1e-8, 1e-6, 1e-4, 1e-2, 1]);
  });

  test("give way to plain marks within one of them", () => {
    expect(logTicks(2, 6, 4).texts).toEqual(["2", "3", "4", "5", "6"]);
  });
});

test("durations are in the units of clocks", () => {
  expect(durationTicks(0, 120_000, 4).texts).toEqual(["0", "30s", "1m", "1m 30s", "2m"]);
  expect(durationTicks(0, 2000, 4).texts).toEqual(["0", "500 ms", "1s", "1.5s", "2s"]);
  expect(durationTicks(0, 172_800_000, 4).texts).toEqual(["0", "12h", "1d", "1d 12h", "2d"]);
});

test("durations on a log axis are marked by magnitude", () => {
  expect(ticksOf({ kind: "duration", log: true, whole: false }, 300, 4_000_000, 5).texts).toEqual(["1s", "10s", "1m", "10m", "1h"]);
});

describe("times", () => {
  const at = (hour: number, minute: number) => new Date(2026, 10, 22, hour, minute).getTime();

  test("are local, and say the day at first and where it changes", () => {
    const { texts } = timeTicks(at(22, 0), at(22, 0) + 4 * 3_600_000, 4);
    expect(texts).toEqual(["22:00\n2026-11-22", "23:00", "00:00\n2026-11-23", "01:00", "02:00"]);
  });

  test("show seconds and less where marks are that near", () => {
    expect(timeTicks(at(10, 0), at(10, 0) + 4000, 4).texts[1]).toBe("10:00:01");
    expect(timeTicks(at(10, 0), at(10, 0) + 400, 4).texts[1]).toBe("10:00:00.1");
  });
});
