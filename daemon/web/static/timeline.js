// One payment in words: how it stands, and each entry that the journal has of it.

import { make } from "./dom.js";
import { now, word } from "./words.js";

export function outcome(payment) {
  const why = payment.reason?.text || payment.reason?.code;
  const state = make("span", { class: `state ${payment.state}` }, word(`state.${payment.state}`));
  if (payment.reason?.code === "settled") return make("span", {}, state, `, ${word("seen_to")}: ${why}`);
  return make("span", {}, state, why && payment.reason.code !== payment.state ? `: ${why}` : null);
}

export function line(entry) {
  const said = [entry.detail.call && word(`call.${entry.detail.call}`), entry.detail.verdict, entry.detail.by, entry.detail.text ?? entry.detail.kind];
  const told = [...new Set(said.filter(Boolean).map(String))].join(", ");
  return make(
    "li",
    {},
    make("time", { datetime: entry.at }, exact(entry.at)),
    " ",
    word(`event.${entry.event}`),
    told ? make("span", { class: "faint" }, ` (${told})`) : null,
    " → ",
    make("span", { class: `state ${entry.state}` }, word(`state.${entry.state}`)),
  );
}

// To the millisecond: at a counter things happen within one second.
function exact(stamp) {
  const at = new Date(stamp);
  return `${at.toLocaleTimeString(now() === "zh" ? "zh-CN" : "en-GB", { hour12: false })}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
