// Simulated donors: one tap invites many; how many came, gave, were written to, and are gone.
import { make } from "./wire.js";

export function crowd(drawer, state) {
  const { invited, coming, ...counts } = state.crowd;
  const number = (value) => value.toLocaleString(drawer.lang === "ar" ? "ar-MA-u-nu-latn" : drawer.lang);
  const fact = (key, value) => make("div", { class: "fact", "data-fact": key }, make("dt", {}, drawer.say(`crowd_${key}`)), make("dd", {}, number(value)));
  const invite = drawer.control(drawer.say("invite"), "invite", { count: 1000 }, { disabled: coming });
  const told = invited ? make("dl", {}, ...Object.entries({ invited, ...counts }).map(([key, value]) => fact(key, value))) : make("p", { class: "hint" }, drawer.say("crowdHint"));
  return drawer.section("crowdTitle", invited, false, drawer.row(invite), told);
}
