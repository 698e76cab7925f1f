// The page: logs in where that is needed, then follows the box and shows what it does.

import { Refused, call, session } from "./box.js";
import { byId, say } from "./dom.js";
import { Live } from "./live.js";
import { Payments } from "./payments.js";
import { Play } from "./play.js";
import { Status } from "./status.js";
import { called, now, other, speak, word } from "./words.js";

const status = new Status();
const payments = new Payments(() => status.box?.currency);
const play = new Play(() => status.box);
const live = new Live({ box: takeBox, panel: (panel) => status.takePanel(panel), payment: takeEntry, clock: (clock) => status.takeClock(clock) }, told);

let link = "connecting";
let waiting = null;
let isWanted = false;
let isLoading = false;

async function begin() {
  const { needs_token: needsToken, logged_in: loggedIn } = await session();
  const isOpen = loggedIn || !needsToken;
  byId("log-in").hidden = isOpen;
  byId("app").hidden = !isOpen;
  byId("log-out").hidden = !(needsToken && loggedIn);
  if (!isOpen) {
    live.stop();
    say(byId("link"), "");
    byId("token").focus();
    return;
  }
  live.start();
  await refresh();
}

function takeBox(box) {
  if (status.box && box.version !== status.box.version) {
    location.reload(); // the box was upgraded, and has another page
    return;
  }
  const was = status.box?.busy_ref;
  status.takeBox(box);
  if (box.plays && !play.begun) play.begin().then(soon);
  if (box.busy_ref !== was) soon();
}

function takeEntry(entry) {
  status.grow(entry);
  soon();
}

// Several entries often come at once: all is asked for once, after the last of them, and never twice at a time, so that no answer of
// before comes after a newer one.
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 80);
}

async function refresh() {
  isWanted = true;
  if (isLoading) return;
  isLoading = true;
  try {
    while (isWanted) {
      isWanted = false;
      await Promise.all([look(), payments.load()]);
    }
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TypeError)) throw error; // no answer, which the link says, or a log-out
    if (error.status === 401) told("refused");
  } finally {
    isLoading = false;
  }
}

// The open payment, or the one that was open last.
async function look() {
  const ref = status.box?.busy_ref ?? status.payment?.ref;
  if (!ref) {
    status.renderNow();
    await play.refresh(null);
    return;
  }
  const path = `/v1/payments/${encodeURIComponent(ref)}`;
  const [payment, told] = await Promise.all([call("GET", path), call("GET", `${path}/entries`)]);
  status.show(payment, told.entries);
  await play.refresh(payment);
}

function told(how) {
  if (how === "refused") {
    begin().catch(() => told("lost"));
    return;
  }
  const was = link;
  link = how === "open" ? "live" : "stale";
  if (link === was) return;
  showLink();
  if (link === "live") soon(); // whatever happened meanwhile
}

function showLink() {
  say(byId("link"), word(link));
  byId("link").className = `badge ${link}`;
  document.body.classList.toggle("is-stale", link === "stale");
}

byId("log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("token");
  try {
    await call("POST", "/v1/session", { token: field.value });
    field.value = "";
    say(byId("log-in-said"), "");
    await begin();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(byId("log-in-said"), word(error.status === 429 ? "too_many_attempts" : "wrong_token"));
    field.select();
  }
});

byId("log-out").addEventListener("click", async () => {
  live.stop(); // or the box cuts it off, with the session
  await call("DELETE", "/v1/session");
  await begin();
});

byId("language").addEventListener("click", () => {
  speak(other[now()]);
  renderAll();
});

function renderAll() {
  say(byId("language"), called[other[now()]]);
  showLink();
  status.render();
  payments.render();
  play.render();
}

speak(now());
renderAll();
setInterval(() => status.renderAbout(), 1000);
begin().catch(() => told("lost"));
