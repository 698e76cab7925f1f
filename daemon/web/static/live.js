// The box's news as they come. The browser opens a lost stream again by itself and says where it was, so no payment is missed; what it
// cannot see is a box that went without a word, so silence for longer than the box ever keeps is told as one.

const SILENCE_MS = 25_000; // the box says something at least every 15 s
const AGAIN_MS = 3_000;

export class Live {
  constructor(heard, told) {
    this.heard = heard; // {box, panel, payment, clock}: called with what came
    this.told = told; // called with "open", "lost" or "refused"
    this.lastId = "";
  }

  start() {
    this.stop();
    this.source = new EventSource("/v1/watch");
    this.source.onopen = () => this.alive();
    this.source.onerror = () => this.lost();
    for (const [name, take] of Object.entries(this.heard)) {
      this.source.addEventListener(name, (event) => {
        this.alive();
        take(JSON.parse(event.data));
      });
    }
    this.listen();
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  alive() {
    this.told("open");
    this.listen();
  }

  listen() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.told("lost");
      this.start();
    }, SILENCE_MS);
  }

  // The browser tries again after an error of the network; after an answer that is none, as after a log-out, it gives up.
  lost() {
    this.told("lost");
    if (this.source?.readyState === EventSource.CLOSED) {
      clearTimeout(this.again);
      this.again = setTimeout(() => this.told("refused"), AGAIN_MS);
    }
  }
}
