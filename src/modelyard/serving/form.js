"use strict";

const form = document.getElementById("form");
const answer = document.getElementById("answer");
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

// The JSON of a field. A number stays the text it is, for JavaScript would round a long one;
// what does not fit is sent as a text, and the server says which column it is in.
function json(field) {
  const text = field.dataset.kind === "text" ? field.value : field.value.trim();
  if (text === "") return "null";
  if (field.dataset.kind === "number" && NUMBER.test(text)) return text;
  if (field.dataset.kind === "truth") return text;
  if (field.dataset.kind === "json") {
    try {
      JSON.parse(text);
      return text;
    } catch {
      return JSON.stringify(text);
    }
  }
  return JSON.stringify(text);
}

function body() {
  const whole = form.querySelector("[data-body]");
  if (whole) return whole.value;
  const columns = [...form.querySelectorAll("[data-column]")];
  const names = JSON.stringify(columns.map((field) => field.dataset.column));
  const split = `{"columns":${names},"data":[[${columns.map(json).join(",")}]]}`;
  const params = [...form.querySelectorAll("[data-param]")]
    .filter((field) => field.value.trim() !== "")
    .map((field) => `${JSON.stringify(field.dataset.param)}:${json(field)}`);
  return `{"dataframe_split":${split}${params.length ? `,"params":{${params.join(",")}}` : ""}}`;
}

function show(text, failed) {
  answer.textContent = text;
  answer.className = failed ? "failed" : "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  show("…", false);
  try {
    const reply = await fetch("invocations", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: body(),
    });
    const found = await reply.json();
    if (reply.ok) show(JSON.stringify(found.predictions ?? found, null, 2), false);
    else show(found.message ?? `The server answered with status ${reply.status}.`, true);
  } catch {
    show("The server did not answer.", true);
  }
});
