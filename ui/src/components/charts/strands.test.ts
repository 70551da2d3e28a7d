import { describe, expect, test } from "vitest";

import { scaleOf } from "./scales";
import { crossings, layoutOf, nearestStrand, placeOfTop, type Strand, topOf } from "./strands";

const axes = ["a", "b"].map((key) => ({ key, title: key, scale: scaleOf([0, 1], "linear") }));
const layout = layoutOf(500, 300, 2);
const strand = (key: string, values: Strand["values"], faded = false): Strand => ({ key, label: key, color: "red", faded, values });

describe("strands", () => {
  test("cross each axis at their value, and below it where they have none", () => {
    expect(crossings(strand("s", [1, null]), axes, layout)).toEqual([layout.top, layout.absent]);
  });
  test("are found between the axes, unless they step back", () => {
    const all = [strand("up", [0, 1]), strand("down", [1, 0])];
    const [from = 0, to = 0] = layout.lefts;
    const quarter = { left: from + (to - from) / 4, top: topOf(layout, 0.25) };
    expect(nearestStrand(all, axes, layout, quarter)?.key).toBe("up");
    expect(nearestStrand([strand("up", [0, 1], true)], axes, layout, quarter)).toBeNull();
    expect(nearestStrand(all, axes, layout, { ...quarter, top: layout.top })).toBeNull();
  });
  test("are not found beside the axes", () => {
    expect(nearestStrand([strand("s", [0.5, 0.5])], axes, layout, { left: 2, top: topOf(layout, 0.5) })).toBeNull();
  });
});

test("a place on an axis and its height on the page are each other's", () => {
  expect(placeOfTop(layout, topOf(layout, 0.3))).toBeCloseTo(0.3);
});
