// The list of payments: newest first, those in doubt on top, found by what a person has in hand; and one payment's whole story.

import { acts } from "./acts.js";
import { Refused, call } from "./box.js";
import { byId, fill, make, say } from "./dom.js";
import { minor, money } from "./money.js";
import { line, outcome } from "./timeline.js";
import { now, word } from "./words.js";

const PAGE = 20;

export class Payments {
  constructor(currency) {
    this.currency = currency; // () => the box's
    this.found = [];
    this.doubts = [];
    this.filter = {};
    byId("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    byId("older").addEventListener("click", () => this.more());
  }

  // Each word is tried as what it can be; what was found as one of them is shown.
  async search() {
    const text = byId("find-text").value.trim();
    const day = byId("find-day").value;
    const byDay = day ? { day } : {};
    const amount = text && this.currency() ? minor(text, this.currency()) : null;
    const tries = text ? [{ ref: text }, { order: text }, ...(amount === null ? [] : [{ amount }])] : [{}];
    say(byId("payments-said"), "");
    for (const by of tries) {
      if (by.order !== undefined && by.order.length < 4) continue;
      this.filter = { ...by, ...byDay };
      await this.load();
      if (this.found.length > 0) break;
    }
    if (this.found.length === 0) say(byId("payments-said"), word("none_found"));
    const csv = byId("csv");
    csv.hidden = !day;
    if (day) csv.href = `/v1/days/${day}.csv`;
  }

  async load() {
    try {
      this.found = await this.page({});
      if (Object.keys(this.filter).length === 0) this.doubts = await this.inDoubt();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.found = [];
      say(byId("payments-said"), error.message);
    }
    this.render();
  }

  async more() {
    this.found.push(...(await this.page({ before: this.next })));
    this.render();
  }

  async page(more) {
    const { payments, before } = await call("GET", `/v1/payments?${new URLSearchParams({ limit: PAGE, ...this.filter, ...more })}`);
    this.next = before === undefined && payments.length === PAGE ? payments.at(-1).ref : (before ?? null); // a search says where it goes on
    return payments;
  }

  async inDoubt() {
    return (await call("GET", "/v1/payments?limit=50&state=in_doubt")).payments;
  }

  render() {
    const doubts = Object.keys(this.filter).length === 0 ? this.doubts : [];
    const refs = new Set(doubts.map((payment) => payment.ref));
    const rows = [...doubts, ...this.found.filter((payment) => !refs.has(payment.ref))];
    fill(byId("payments"), ...rows.map((payment) => this.row(payment)));
    byId("older").hidden = !this.next;
    if (doubts.length > 0) say(byId("payments-said"), word("doubts"));
    else if (byId("payments-said").textContent === word("doubts")) say(byId("payments-said"), "");
  }

  row(payment) {
    const open = make("button", { type: "button", class: "link", onclick: () => this.open(payment.ref) }, payment.ref);
    return make(
      "tr",
      {},
      make("td", {}, make("time", { datetime: payment.created_at }, when(payment.created_at))),
      make("td", {}, open),
      make("td", { class: "figure" }, money(payment.amount, payment.currency)),
      make("td", {}, outcome(payment)),
    );
  }

  async open(ref) {
    const path = `/v1/payments/${encodeURIComponent(ref)}`;
    const again = async () => {
      await this.open(ref);
      await this.load();
    };
    const [payment, { entries }, todo] = await Promise.all([call("GET", path), call("GET", `${path}/entries`), acts(path, again)]);
    byId("payment-title").textContent = `${ref}: ${money(payment.amount, payment.currency)}`;
    fill(
      byId("payment-body"),
      make("p", { class: "lead" }, outcome(payment)),
      todo,
      make("h3", {}, word("orders")),
      ...(payment.attempts.length ? payment.attempts.map(order) : [make("p", { class: "faint" }, word("no_attempts"))]),
      make("h3", {}, word("time_line")),
      make("ol", { class: "line" }, ...entries.map(line)),
    );
    if (!byId("payment").open) byId("payment").showModal();
  }
}

function order(attempt) {
  const rows = [
    [word("order_number"), attempt.out_trade_no],
    [word("gateway"), [attempt.gateway, attempt.scheme].filter(Boolean).join(", ")],
    [word("trade_number"), attempt.trade_no],
    [word("outcome"), word(`state.${attempt.state}`)],
    [word("why"), attempt.reason && [attempt.reason.code, attempt.reason.text].filter(Boolean).join(": ")],
  ];
  const told = rows.filter(([, value]) => value);
  return make("dl", { class: "order" }, ...told.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function when(stamp) {
  return new Date(stamp).toLocaleString(now() === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "medium" });
}
