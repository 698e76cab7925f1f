// A till, a payer with a phone, and hands that pull cables: only where the box is one to play with.

import { Refused, call } from "./box.js";
import { byId, fill, make, say } from "./dom.js";
import { minor, money } from "./money.js";
import { word } from "./words.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "⌫"];
const GOODS = "6901234567892"; // an EAN-13, as on a bottle of water

export class Play {
  constructor(box) {
    this.box = box; // () => what the box says of itself
    this.payment = null;
    this.toys = null;
  }

  // Once, and only where the box says that there is something to play with.
  async begin() {
    if (this.begun) return;
    this.begun = true;
    this.toys = await call("GET", "/v1/simulated");
    byId("play").hidden = false;
    fill(byId("keys"), ...KEYS.map((key) => make("button", { type: "button", class: "key", onclick: () => this.press(key) }, key)));
    byId("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(event.submitter?.value ?? "scan");
    });
    byId("cancel").addEventListener("click", () => this.giveUp());
    byId("show-case").addEventListener("click", () => this.toy("phone", { do: "show", case: byId("case").value }));
    fill(byId("case"), ...this.toys.phone.cases.map(({ name, text }) => make("option", { value: name }, text)));
    this.render();
  }

  async refresh(payment) {
    if (this.toys === null) return;
    this.payment = payment;
    this.toys = await call("GET", "/v1/simulated");
    this.render();
  }

  render() {
    if (this.toys === null) return;
    this.renderPhone();
    const { scanner, network } = this.toys;
    fill(
      byId("cables"),
      this.button(scanner.plugged ? "unplug_scanner" : "plug_scanner", "scanner", { plugged: !scanner.plugged }),
      this.button(network.up ? "network_down" : "network_up", "network", { up: !network.up }),
      this.button("press_button", "button", {}),
    );
  }

  renderPhone() {
    const state = this.payment?.state;
    const amount = this.payment && money(this.payment.amount, this.payment.currency);
    if (state === "awaiting_code") {
      this.phone(word("phone_show"), [
        this.button("show_and_pay", "phone", { do: "show", case: "paid" }),
        this.button("show_and_ask", "phone", { do: "show", case: "password_never" }),
        this.button("show_empty", "phone", { do: "show", case: "refused_notenough" }),
        this.scan("show_wrong", GOODS),
      ]);
    } else if (this.toys.phone.asked && state === "presenting_qr") {
      this.phone(word("phone_qr", { amount }), [this.button("scan_and_pay", "phone", { do: "confirm" })]);
    } else if (this.toys.phone.asked) {
      this.phone(word("phone_asked", { amount }), [
        this.button("type_password", "phone", { do: "confirm" }),
        this.button("decline", "phone", { do: "decline" }),
        make("p", { class: "faint" }, word("walk_away")),
      ]);
    } else {
      this.phone(word("phone_idle"), []);
    }
  }

  phone(text, buttons) {
    say(byId("phone-said"), text);
    fill(byId("phone"), ...buttons);
  }

  button(name, toy, how) {
    return make("button", { type: "button", class: "second", onclick: () => this.toy(toy, how) }, word(name));
  }

  scan(name, text) {
    return make("button", { type: "button", class: "second", onclick: () => this.tried(() => call("POST", "/v1/simulated/scan", { text })) }, word(name));
  }

  press(key) {
    const field = byId("amount");
    if (key === "⌫") field.value = field.value.slice(0, -1);
    else field.value = this.isFresh ? field.value + key : key; // the first key begins a new amount
    this.isFresh = true;
  }

  async ask(mode) {
    const amount = minor(byId("amount").value, this.box().currency);
    this.isFresh = false;
    if (!amount) {
      say(byId("play-said"), word("wrong_amount"));
      return;
    }
    const wish = { amount, currency: this.box().currency, mode };
    await this.tried(() => call("PUT", `/v1/payments/page-${Date.now().toString(36)}`, wish));
  }

  giveUp() {
    if (this.payment) this.tried(() => call("DELETE", `/v1/payments/${encodeURIComponent(this.payment.ref)}`));
  }

  toy(name, how) {
    return this.tried(async () => {
      this.toys = await call("POST", `/v1/simulated/${name}`, how);
      this.render();
    });
  }

  async tried(act) {
    say(byId("play-said"), "");
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say(byId("play-said"), error.message);
    }
  }
}
