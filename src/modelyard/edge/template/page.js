// The page: a form of the model's fields, and its prediction anew at each change. `ort` is the runtime, from the lines before.

const card = JSON.parse(document.getElementById("card").textContent);
const prediction = document.getElementById("prediction");
const scores = document.getElementById("scores");
const state = document.getElementById("state");
const controls = [];
let session = null;
let asked = 0;

const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, int16: Int16Array, int32: Int32Array,
  uint8: Uint8Array, uint16: Uint16Array, bool: Uint8Array,
};

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function control(field, id) {
  if (field.kind === "choice") {
    const select = element("select", { id });
    field.choices.forEach((choice, place) => select.append(element("option", { value: place }, String(choice))));
    return select;
  }
  if (field.kind === "text") return element("textarea", { id, rows: 3 });
  return element("input", { id, type: "number", step: field.kind === "whole" ? "1" : "any", inputmode: "decimal" });
}

function build() {
  card.fields.forEach((field, place) => {
    const id = `field-${place}`;
    const box = element("div", field.kind === "text" ? { class: "wide" } : {});
    const input = control(field, id);
    const note = element("p", { class: "note", id: `${id}-note` }, field.hint);
    input.setAttribute("aria-describedby", note.id);
    input.name = field.name;
    box.append(element("label", { for: id }, field.name), input, note);
    document.getElementById("fields").append(box);
    controls.push({ field, input, note });
    input.addEventListener("input", predict);
  });
  document.getElementById("form").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", () => { fill(); predict(); });
  fill();
}

function fill() {
  for (const { field, input } of controls) {
    if (field.kind === "choice") input.value = Math.max(0, field.choices.indexOf(field.value));
    else input.value = field.value ?? "";
  }
}

/** What is wrong with a control's value, or the value. */
function read({ field, input }) {
  if (field.kind === "choice") return { value: field.choices[Number(input.value)] };
  const text = input.value.trim();
  if (field.kind === "text") return text ? { value: input.value } : { wrong: `Type a text for ${field.name}.` };
  if (!text) return { wrong: `Type a number for ${field.name}.` };
  const value = Number(text);
  if (!Number.isFinite(value)) return { wrong: `${field.name} is a number.` };
  if (field.kind === "whole" && !Number.isSafeInteger(value)) return { wrong: `${field.name} is a whole number.` };
  if (field.min !== null && value < field.min) return { wrong: `${field.name} is at least ${field.min}.` };
  if (field.max !== null && value > field.max) return { wrong: `${field.name} is at most ${field.max}.` };
  return { value };
}

/** The note below a field: a value the model saw nothing like is allowed, and told. */
function told({ hint, seen }, value) {
  return seen.length && (value < seen[0] || value > seen[1]) ? `${hint}: this is outside` : hint;
}

function readAll() {
  const values = [];
  const wrong = [];
  for (const each of controls) {
    const found = read(each);
    each.input.setAttribute("aria-invalid", String("wrong" in found));
    each.note.classList.toggle("wrong", "wrong" in found);
    each.note.textContent = found.wrong ?? told(each.field, found.value);
    if ("wrong" in found) wrong.push(found.wrong);
    values.push(found.value);
  }
  return { values, wrong };
}

function tensor(input, values) {
  const taken = input.fields.map((place) => values[place]);
  const dims = input.shape.map((size) => (size < 0 ? 1 : size));
  if (input.type === "str") return new ort.Tensor("string", taken.map(String), dims);
  if (input.type === "int64" || input.type === "uint64") {
    const wide = input.type === "int64" ? BigInt64Array : BigUint64Array;
    return new ort.Tensor(input.type, wide.from(taken, (each) => BigInt(Math.trunc(Number(each)))), dims);
  }
  return new ort.Tensor(input.type, ARRAYS[input.type].from(taken, Number), dims);
}

async function run(values) {
  const feeds = {};
  for (const input of card.inputs) feeds[input.name] = tensor(input, values);
  const found = await session.run(feeds);
  const all = Array.from(found[card.output.name].data);
  const own = card.output.column === null ? all : [all[card.output.column]];
  const others = session.outputNames.filter((name) => name !== card.output.name && name.startsWith("prob"));
  return { own, chances: others.length ? Array.from(found[others[0]].data) : [] };
}

function shown(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4 ? value.toExponential(4) : String(Number(value.toPrecision(6)));
}

function show({ own, chances }) {
  const most = own.length > 1 ? own.indexOf(own.reduce((a, b) => (b > a ? b : a))) : 0;
  prediction.dataset.state = "done";
  prediction.dataset.values = JSON.stringify(own, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  prediction.textContent = own.length > 1 ? `${card.classes[most] ?? most}` : shown(own[0]);
  scores.hidden = own.length < 2;
  scores.replaceChildren(...(own.length < 2 ? [] : own).map((value, place) => {
    const line = element("li", place === most ? { class: "most" } : {});
    line.append(element("span", {}, String(card.classes[place] ?? place)), element("span", {}, shown(value)));
    return line;
  }));
  state.textContent = chances.length > 1 ? `Probability ${shown(Math.max(...chances))}` : "Changes as you type.";
}

async function predict() {
  const turn = ++asked;
  const { values, wrong } = readAll();
  if (wrong.length) return fail(wrong.length > 1 ? `${wrong[0]} (and ${wrong.length - 1} more)` : wrong[0]);
  if (session === null) return;
  try {
    const found = await queued(values);
    if (turn === asked) show(found);
  } catch (error) {
    if (turn === asked) fail(`The model could not predict: ${error.message}`);
  }
}

function fail(message) {
  prediction.dataset.state = "wrong";
  delete prediction.dataset.values;
  prediction.textContent = "–";
  scores.hidden = true;
  state.textContent = message;
}

/** A session predicts once at a time. */
let last = Promise.resolve();
function queued(values) {
  const next = last.then(() => run(values));
  last = next.catch(() => undefined);
  return next;
}

async function unpacked(id) {
  const place = document.getElementById(id);
  const text = atob(place.textContent.trim());
  place.remove();
  const packed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function start() {
  build();
  try {
    ort.env.logLevel = "error";
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    ort.env.wasm.wasmBinary = await unpacked("runtime");
    session = await ort.InferenceSession.create(await unpacked("model"), { executionProviders: ["wasm"] });
    await predict();
  } catch (error) {
    fail(`The model could not be loaded: ${error.message}`);
  }
}

await start();
