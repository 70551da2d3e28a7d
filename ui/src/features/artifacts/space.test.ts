import { describe, expect, it } from "vitest";

import { locate, modelStore, runStore } from "../../components/files/store";
import type { LoggedModel } from "../../wire/types";
import { isModel, mounts, originOf, runSpace } from "./space";

const model = (name: string, id: string): LoggedModel => ({
  info: { model_id: id, name, experiment_id: "1", creation_timestamp_ms: 1, last_updated_timestamp_ms: 1, artifact_uri: "" },
});

describe("the models of a run as folders", () => {
  it("have their own names, and their ids where two are alike or a file is called so", () => {
    const found = mounts([model("a", "m-1"), model("b", "m-222222222222"), model("b", "m-333"), model("c", "m-4")], new Set(["c"]));
    expect(found.map((each) => each.name)).toEqual(["a", "b (m-22222222)", "b (m-333)", "c (m-4)"]);
  });

  it("are found by a path, and files of the run beside them", () => {
    const space = runSpace("r", [model("model", "m-1")], []);
    expect(locate(space, "model/onnx/model.onnx")).toMatchObject({ path: "onnx/model.onnx", store: { owner: { model_id: "m-1" } } });
    expect(locate(space, "models/x")).toMatchObject({ path: "models/x", store: { owner: { run_id: "r" } } });
  });
});

describe("registering", () => {
  it("is for folders with an MLmodel file", () => {
    expect(isModel([{ path: "model/MLmodel", is_dir: false }])).toBe(true);
    expect(isModel([{ path: "MLmodel", is_dir: true }, { path: "notMLmodel", is_dir: false }])).toBe(false);
  });

  it("names a run's folder, a logged model, and nothing inside one", () => {
    expect(originOf("r", "mlflow-artifacts:/1/r/artifacts", runStore("r"), "deep/model")).toEqual({ source: "mlflow-artifacts:/1/r/artifacts/deep/model", runId: "r" });
    expect(originOf("r", "/store/1/r/", runStore("r"), "")).toEqual({ source: "/store/1/r", runId: "r" });
    expect(originOf("r", "x", modelStore("m-1"), "")).toEqual({ source: "models:/m-1", runId: "r", modelId: "m-1" });
    expect(originOf("r", "x", modelStore("m-1"), "parts")).toBeNull();
  });
});
