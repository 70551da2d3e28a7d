import { describe, expect, it } from "vitest";

import { asFilter, quoted } from "./filter";

describe("the search of models", () => {
  it("looks for a text in names", () => {
    expect(asFilter(" wine ")).toBe("name ILIKE '%wine%'");
    expect(asFilter("it's")).toBe(`name ILIKE "%it's%"`);
    expect(asFilter("  ")).toBe("");
  });

  it("leaves a filter as it is", () => {
    for (const filter of ["name = 'a'", "tags.team = 'cellar'", "tag.`a b` != 'x'", "name LIKE 'w%' AND tags.a = 'b'"]) {
      expect(asFilter(filter)).toBe(filter);
    }
  });

  it("quotes names with quotes", () => {
    expect(quoted("Auto-Deployed Model")).toBe("'Auto-Deployed Model'");
    expect(quoted("O'Brien")).toBe(`"O'Brien"`);
  });
});
