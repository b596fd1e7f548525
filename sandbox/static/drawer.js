// The drawer: what it shows is asked of the sandbox, drawn again when something changed, and what is open stays open.
import { crowd } from "./drawer-crowd.js";
import { books, monthly, payments, time } from "./drawer-money.js";
import { ask, get, make } from "./wire.js";
import { word } from "./words.js";

export class Drawer {
  constructor(element) {
    this.sections = element.querySelector(".sections");
    this.said = element.querySelector(".said");
    // What people opened, chose and wrote, by its key: drawing anew must not undo it.
    this.opened = new Map();
    this.values = new Map();
    this.drawn = "";
    this.turn = 0;
  }

  async show(lang, person, chat) {
    if (this.person && (this.person.id !== person.id || this.lang !== lang)) this.said.hidden = true;
    Object.assign(this, { lang, person, chat });
    await this.refresh();
  }

  async refresh() {
    if (!this.person) return;
    const turn = ++this.turn;
    const state = await get(`/controls?lang=${this.lang}`);
    if (turn !== this.turn) return;
    state.now -= state.now % 60;
    const drawn = JSON.stringify([state, this.lang, this.person.id, this.chat?.blocked]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = this.sections.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.sections.replaceChildren(time(this, state), payments(this, state), monthly(this, state), books(this, state), crowd(this, state), this.faults(state), this.pages(state));
    if (focused) this.sections.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  say(key) {
    return word(this.lang, key);
  }

  async act(name, body) {
    const answer = await ask(`/controls/${name}`, { ...body, lang: this.lang });
    this.said.textContent = answer.text;
    this.said.className = answer.isDone ? "said" : "said refused";
    this.said.hidden = false;
    if (answer.isDone && body.amount) {
      this.values.delete(`part-${body.id}`);
      this.drawn = "";
    }
    await this.refresh();
  }

  // A button that does one thing; `body` may be a function, asked at the tap.
  control(label, name, body, more = {}) {
    const fixed = typeof body === "function" ? {} : body;
    const key = [name, ...Object.values(fixed)].join("-");
    const run = async (event) => {
      const button = event.currentTarget;
      // Not disabled meanwhile: that would take the keyboard's focus away.
      if (button.ariaBusy) return;
      button.ariaBusy = "true";
      await this.act(name, typeof body === "function" ? body() : body).finally(() => (button.ariaBusy = null));
    };
    return make("button", { type: "button", "data-control": key, "data-key": key, onclick: run, ...more }, label);
  }

  row(...buttons) {
    return make("div", { class: "controls" }, ...buttons.filter(Boolean));
  }

  group(title, ...buttons) {
    return make("section", {}, make("h3", {}, title), this.row(...buttons));
  }

  // A part that folds; `isOpen` until somebody has decided otherwise.
  fold(key, head, isOpen, attributes, ...parts) {
    const summary = make("summary", { "data-key": `fold-${key}`, onclick: () => this.opened.set(key, !box.open) }, ...head);
    const box = make("details", { ...attributes, open: this.opened.get(key) ?? isOpen }, summary, ...parts.filter(Boolean));
    return box;
  }

  section(key, count, isOpen, ...parts) {
    const head = [make("h3", {}, this.say(key)), ...(count ? [make("span", { class: "count" }, String(count))] : [])];
    return this.fold(key, head, isOpen, { class: "section", "data-section": key }, ...parts);
  }

  // A choice or a field that keeps what was put in.
  keeping(field, key, first) {
    field.value = this.values.get(key) ?? first;
    field.dataset.key = key;
    field.addEventListener("input", () => this.values.set(key, field.value));
    return field;
  }

  faults(state) {
    const say = (key) => this.say(key);
    const control = (label, name, body) => this.control(label, name, body);
    const kinds = (name, list) => list.map(([label, kind, more]) => control(say(label), name, { kind, ...more }));
    const count = (title, number) => (number ? `${say(title)} (${number})` : say(title));
    const waiting = state.webhooks.length + state.held + state.telegram_faults + state.stripe_faults;
    return this.section(
      "faults", waiting, false,
      this.group(count("webhooks", state.webhooks.length), ...["lose", "double", "delay", "hold"].map((mode) => control(say(mode), "webhook", { mode })), state.held ? control(say("release"), "release", {}) : null),
      this.group(count("telegram", state.telegram_faults), ...kinds("telegram", [["err429", "429"], ["err500", "502"], ["timeout", "timeout"], ["cut", "cut"]])),
      this.group(count("stripe", state.stripe_faults), ...kinds("stripe", [["err429", "429"], ["err500", "500"], ["timeout", "timeout"], ["cutAfter", "cut_after"], ["slow", "slow", { seconds: 3 }]])),
      this.group(say("person"), control(say(this.chat?.blocked ? "unblock" : "block"), "block", { person: this.person.id, blocked: !this.chat?.blocked })),
      this.row(control(say("reset"), "reset", {})),
    );
  }

  pages(state) {
    const waiting = state.sessions.filter((one) => one.status === "complete" && one.payment_status === "unpaid");
    const late = (one, label, outcome) => this.control(`${one.amount} ${this.say(label)}`, "late", { session_id: one.id, outcome });
    const list = make("ul", {}, ...state.sessions.map((one) => make("li", {}, make("bdi", {}, one.amount), ` · ${one.status} · ${one.payment_status}`)));
    return this.section(
      "sessionsTitle", state.sessions.length, waiting.length > 0,
      waiting.length ? this.group(this.say("late"), ...waiting.flatMap((one) => [late(one, "succeed", "succeed"), late(one, "fail", "fail")])) : null,
      state.sessions.length ? list : make("p", { class: "hint" }, this.say("none")),
    );
  }
}
