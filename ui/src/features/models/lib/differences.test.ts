import { describe, expect, it } from "vitest";

import type { ModelCard } from "../../../wire/types";
import { differences, shapeOf, typeOf } from "./differences";

const card = (more: Partial<ModelCard>): ModelCard => ({ is_model: true, path: "", ...more });

describe("what differs between two versions", () => {
  it("is nothing between equal ones", () => {
    const one = card({ inputs: [{ name: "a", type: "double" }], requirements: ["scikit-learn==1.5"] });
    expect(differences(one, one)).toEqual([]);
  });

  it("names columns that came, went and changed, and requirements by their name", () => {
    const before = card({ inputs: [{ name: "a", type: "double" }, { name: "b", type: "long" }], requirements: ["scikit-learn==1.5"], python_version: "3.11.7" });
    const after = card({ inputs: [{ name: "a", type: "float" }, { name: "c", type: "long", required: false }], requirements: ["scikit-learn==1.6"], python_version: "3.12.1" });
    expect(differences(before, after)).toEqual([
      { part: "input", name: "a", before: "double", after: "float" },
      { part: "input", name: "b", before: "long", after: "–" },
      { part: "input", name: "c", before: "–", after: "long, optional" },
      { part: "requirement", name: "scikit-learn", before: "==1.5", after: "==1.6" },
      { part: "python", name: "Python", before: "3.11.7", after: "3.12.1" },
    ]);
  });

  it("shows shapes and defaults", () => {
    expect(typeOf({ name: "x", type: "float32", shape: [-1, 28, 28] })).toBe("float32 (any, 28, 28)");
    expect(typeOf({ name: "t", type: "double", required: false, default: 0.5 })).toBe("double = 0.5");
    expect(shapeOf([])).toBe("()");
  });
});
