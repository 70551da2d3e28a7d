import { describe, expect, it } from "vitest";

import type { ModelCard } from "../../../wire/types";
import { modelUri, shellWord, snippets } from "./snippets";

const card: ModelCard = {
  is_model: true,
  path: "",
  flavors: ["python_function", "sklearn"],
  inputs: [{ name: "alcohol", type: "double" }],
  example: { dataframe_split: { columns: ["alcohol"], data: [[9.4]] } },
};

describe("code for a version", () => {
  it("names a model with a space and a quote so that it arrives", () => {
    const uri = modelUri("Auto-Deployed Model", "2");
    const [python, native, serve, curl] = snippets(uri, card, "http://127.0.0.1:5000");
    expect(python?.code).toContain('mlflow.pyfunc.load_model("models:/Auto-Deployed Model/2")');
    expect(native?.code).toContain('mlflow.sklearn.load_model("models:/Auto-Deployed Model/2")');
    expect(serve?.code).toContain("modelyard models serve -m 'models:/Auto-Deployed Model/2' -p 5001");
    expect(curl?.code).toContain(`-d '{"dataframe_split":{"columns":["alcohol"],"data":[[9.4]]}}'`);
    expect(shellWord("it's $(rm)")).toBe(`'it'\\''s $(rm)'`);
  });

  it("has no native loader for a flavor that is only a function, and a row of zeros without an example", () => {
    const found = snippets("models:/a/1", { ...card, flavors: ["python_function"], example: null }, "http://x");
    expect(found.map((each) => each.title)).not.toContain("In Python, as sklearn has it");
    expect(found.at(-1)?.code).toContain('{"dataframe_records":[{"alcohol":0}]}');
  });

  it("can go by an alias", () => {
    expect(modelUri("wine", "3", "champion")).toBe("models:/wine@champion");
  });
});
