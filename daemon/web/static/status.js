// What the box is doing now: panel, lights, last sound, the open payment with its time line, devices and gateways.

import { byId, fill, make, say } from "./dom.js";
import { money } from "./money.js";
import { draw } from "./panel.js";
import { line, outcome } from "./timeline.js";
import { now, screenWord, word } from "./words.js";

export class Status {
  constructor() {
    this.box = null;
    this.clock = null;
    this.payment = null; // the open one, or the one that ended last while somebody looked
    this.entries = [];
  }

  takeBox(box) {
    this.box = box;
    this.render();
  }

  takePanel(panel) {
    this.panel = panel;
    draw(byId("panel"), panel);
  }

  takeClock(clock) {
    this.clock = { ...clock, at: Date.now() };
    this.renderAbout();
  }

  // The open payment, and what the journal has of it so far.
  show(payment, entries) {
    this.payment = payment;
    this.entries = entries;
    this.renderNow();
  }

  grow(entry) {
    if (this.payment?.ref !== entry.ref || this.entries.some((known) => known.seq === entry.seq)) return;
    this.entries.push(entry);
    this.renderNow();
  }

  render() {
    if (this.box === null) return;
    const box = this.box;
    say(byId("store"), box.store_name || "tillbox");
    say(byId("terminal"), box.terminal_id);
    say(byId("ready"), box.busy_ref ? word("selling") : box.ready ? word("ready") : word("not_ready"));
    byId("ready").className = `lead ${box.busy_ref || box.ready ? "good" : "bad"}`;
    fill(byId("not-ready"), ...box.not_ready.map((reason) => make("li", {}, reason)));
    byId("panel").setAttribute("aria-label", `${word("panel")}: ${screenWord(box.screen)}`);
    fill(byId("lights"), ...Object.entries(box.lights).map(lamp));
    const sound = box.sound && `${word("last_sound")}: ${word(`sound.${box.sound.name}`)}, ${time(box.sound.at)}`;
    say(byId("sound"), sound ?? word("no_sound"));
    this.renderParts();
    this.renderNow();
    this.renderAbout();
  }

  renderParts() {
    const fleet = this.box.fleet ? { "": this.box.fleet } : {}; // only where [mqtt] is configured
    const rows = [...part("device", this.box.devices), ...part("gateway", this.box.gateways), ...part("fleet", fleet)];
    fill(byId("parts"), ...rows);
  }

  renderAbout() {
    if (this.box === null || this.clock === null) return;
    const up = this.clock.up_s + Math.floor((Date.now() - this.clock.at) / 1000);
    const said = [`tillbox ${this.box.version}`, `${word("running")} ${span(up)}`, `${word("box_clock")}: ${time(this.clock.now)}`];
    say(byId("about"), said.join(" · "));
  }

  renderNow() {
    const payment = this.payment;
    if (payment === null) {
      fill(byId("now"), make("p", { class: "faint" }, word("nobody")));
      return;
    }
    fill(
      byId("now"),
      make("p", { class: "amount" }, money(payment.amount, payment.currency)),
      make("p", { role: "status" }, outcome(payment)),
      make("ol", { class: "line" }, ...this.entries.map(line)),
    );
  }
}

function lamp([name, pattern]) {
  return make("li", {}, make("span", { class: `lamp ${name} ${pattern}`, "aria-hidden": "true" }), `${word(`lamp.${name}`)}: ${word(`pattern.${pattern}`)}`);
}

function part(kind, parts) {
  return Object.entries(parts).flatMap(([name, { state, detail }]) => [
    make("dt", {}, `${word(kind)} ${name}`.trim()),
    make("dd", { class: state === "ok" ? "good" : "bad" }, word(state), detail && state !== "ok" ? make("span", { class: "detail" }, detail) : null),
  ]);
}

export function time(stamp) {
  return new Date(stamp).toLocaleTimeString(now() === "zh" ? "zh-CN" : "en-GB");
}

function span(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]].filter(([size]) => seconds >= size);
  if (parts.length === 0) return `${seconds} s`;
  const [size, unit] = parts[0];
  return `${Math.floor(seconds / size)} ${unit}`;
}
