// The controls: what the next wire calls will suffer, time, and the list of sessions.
import { get, make, post } from "./wire.js";
import { word } from "./words.js";

export async function drawDrawer(drawer, lang, person, chat) {
  const state = await get("/controls");
  const say = (key) => word(lang, key);
  const control = (label, name, body) => make("button", { type: "button", "data-control": `${name}-${Object.values(body).join("-")}`, onclick: async () => { await post(`/controls/${name}`, body); await drawDrawer(drawer, lang, person, chat); } }, label);
  const group = (title, ...buttons) => make("section", {}, make("h3", {}, title), make("div", { class: "controls" }, ...buttons));
  const faults = (name, kinds) => kinds.map(([label, kind, more]) => control(say(label), name, { kind, ...more }));
  const waiting = state.sessions.filter((one) => one.status === "complete" && one.payment_status === "unpaid");
  drawer.replaceChildren(
    make("h2", {}, say("controls")),
    group(say("clock"), control(say("min30"), "clock", { seconds: 1800 }), control(say("hour2"), "clock", { seconds: 7260 }), control(say("day1"), "clock", { seconds: 86400 })),
    group(`${say("webhooks")}${state.webhooks.length ? ` (${state.webhooks.length})` : ""}`, ...["lose", "double", "delay", "hold"].map((mode) => control(say(mode), "webhook", { mode })), ...(state.held ? [control(say("release"), "release", {})] : [])),
    group(say("telegram"), ...faults("telegram", [["err429", "429"], ["err500", "502"], ["timeout", "timeout"], ["cut", "cut"]])),
    group(say("stripe"), ...faults("stripe", [["err429", "429"], ["err500", "500"], ["timeout", "timeout"], ["cutAfter", "cut_after"], ["slow", "slow", { seconds: 3 }]])),
    group(say("person"), control(say(chat?.blocked ? "unblock" : "block"), "block", { person: person.id, blocked: !chat?.blocked })),
    ...(waiting.length ? [group(say("late"), ...waiting.flatMap((one) => [control(`${money(one)} ${say("succeed")}`, "late", { session_id: one.id, outcome: "succeed" }), control(`${money(one)} ${say("fail")}`, "late", { session_id: one.id, outcome: "fail" })]))] : []),
    group("", control(say("reset"), "reset", {})),
    make("section", {}, make("h3", {}, say("sessions")), state.sessions.length ? make("ul", {}, ...state.sessions.map((one) => make("li", {}, make("bdi", {}, money(one)), ` · ${one.status} · ${one.payment_status}`))) : make("p", {}, say("none"))),
  );
}

const money = (one) => `${(one.amount / 100).toFixed(2)} ${one.currency.toUpperCase()}`;
