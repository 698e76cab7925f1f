// What a person can do about a payment in doubt: the box says what is possible, and writes down who did it and why.

import { Refused, call } from "./box.js";
import { make, say } from "./dom.js";
import { word } from "./words.js";

const ACTS = ["ask", "refund", "settle"];

// Null where there is nothing to be done; `done` is called after an act, with what the payment has become.
export async function acts(path, done) {
  const { acts: possible } = await call("GET", `${path}/acts`);
  if (!ACTS.some((act) => possible[act].possible)) return null;
  const said = make("p", { role: "status", class: "bad" });
  const by = field("by", { maxlength: 40, autocomplete: "name", required: true, value: localStorage.getItem("by") ?? "" });
  const reason = field("reason", { maxlength: 160, autocomplete: "off" });
  const buttons = ACTS.map((act) => make("button", { ...looks(act), type: "submit", value: act, disabled: isOut(act, possible) }, word(`act.${act}`)));
  const hints = ACTS.map((act) => make("li", {}, `${word(`act.${act}`)}: ${isOut(act, possible) ? possible[act].why_not : word(`act_does.${act}`)}`));
  return make(
    "form",
    { class: "acts", novalidate: true, onsubmit: (event) => submitted(event, { path, by: by.input, reason: reason.input, said, done }) },
    make("h3", {}, word("to_do")),
    make("ul", { class: "faint" }, ...hints),
    make("div", { class: "pair" }, by.label, reason.label),
    make("div", { class: "row" }, ...buttons),
    said,
  );
}

const looks = (act) => (act === "ask" ? { class: "second" } : {});

// To ask is out for moments only, while the box is asking; whoever wants it then is told so.
function isOut(act, possible) {
  return act !== "ask" && !possible[act].possible;
}

function field(name, attributes) {
  const input = make("input", { name, ...attributes });
  return { input, label: make("label", {}, word(name === "reason" ? "reason_why" : name), input) };
}

async function submitted(event, { path, by, reason, said, done }) {
  event.preventDefault();
  const act = event.submitter.value;
  const wanted = { act, by: by.value.trim(), reason: reason.value.trim() };
  const missing = !wanted.by ? by : act !== "ask" && !wanted.reason ? reason : null;
  if (missing) {
    say(said, word(missing === by ? "needs_by" : "needs_reason"));
    missing.focus();
    return;
  }
  if (!wanted.reason) delete wanted.reason;
  localStorage.setItem("by", wanted.by);
  try {
    await call("POST", `${path}/acts`, wanted);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(said, error.message);
    return;
  }
  await done();
}
