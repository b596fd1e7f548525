// The drawer's sections about time and money, drawn from what the sandbox tells; amounts come written out.
import { make } from "./wire.js";

const LOCALES = { ar: "ar-MA", fr: "fr-FR", en: "en-GB" };
const REASONS = ["insufficient_funds", "card_declined", "expired_card", "authentication_required"];
const BAD = ["disputed", "charged_back", "past_due", "inquiry"];
const DONE = ["paid", "active"];

// The people on the phones are in Morocco, wherever this browser is.
const WHERE = { timeZone: "Africa/Casablanca" };
const DAY = { day: "numeric", month: "long", year: "numeric", ...WHERE };
const TIME = { hour: "2-digit", minute: "2-digit", ...WHERE };
const day = (drawer, stamp) => new Date(stamp * 1000).toLocaleDateString(LOCALES[drawer.lang], DAY);
const clock = (drawer, stamp) => new Date(stamp * 1000).toLocaleTimeString(LOCALES[drawer.lang], TIME);
const hint = (text) => make("p", { class: "hint" }, text);
const fact = (label, value) => make("div", { class: "fact" }, make("dt", {}, label), make("dd", {}, make("bdi", {}, value)));
const facts = (...rows) => make("dl", {}, ...rows.filter(Boolean));

function state(drawer, key) {
  const tone = BAD.includes(key) ? "bad" : DONE.includes(key) ? "good" : "";
  return make("span", { class: `state ${tone}` }, drawer.say(`s_${key}`));
}

function card(drawer, one, isOpen, ...parts) {
  const head = [make("span", { class: "head" }, make("bdi", { class: "amount" }, one.amount), make("span", { class: "for" }, one.created ? `${clock(drawer, one.created)} · ` : "", make("bdi", {}, one.name))), state(drawer, one.state)];
  return drawer.fold(one.id, head, isOpen, { class: "card", "data-card": one.id, "data-state": one.state }, ...parts);
}

export function time(drawer, all) {
  const control = (label, body) => drawer.control(drawer.say(label), "clock", body);
  const passed = all.aged ? make("p", { class: "passed" }, `${drawer.say("aged")} `, make("b", {}, all.aged)) : null;
  return drawer.section(
    "time", 0, true,
    make("p", { class: "now", "data-testid": "now" }, make("bdi", {}, `${day(drawer, all.now)} · ${clock(drawer, all.now)}`)),
    passed,
    drawer.row(control("hour1", { seconds: 3600 }), control("day1", { seconds: 86400 }), control("month1", { to: "month" }), control("next", { to: "next" })),
    hint(drawer.say("timeHint")),
  );
}

export function payments(drawer, all) {
  const cards = all.payments.map((one, index) => payment(drawer, one, index === 0));
  const fate = ["succeeded", "pending"].map((status) => drawer.control(drawer.say(`nr_${status}`), "next_refunds", { status }, { "aria-pressed": String(all.next_refunds === status) }));
  return drawer.section("payments", all.payments.length, true, cards.length ? drawer.group(drawer.say("nextRefunds"), ...fate) : hint(drawer.say("noPayments")), ...cards);
}

function payment(drawer, one, isOpen) {
  const open = (label, more) => drawer.control(drawer.say(label), "dispute", { id: one.id, ...more });
  return card(
    drawer, one, isOpen,
    one.left ? drawer.row(drawer.control(`${drawer.say("refundAll")} ${one.left}`, "refund", { id: one.id })) : null,
    one.left ? part(drawer, one) : null,
    ...one.refunds.map((refund) => back(drawer, refund)),
    one.dispute ? dispute(drawer, one.dispute) : drawer.row(open("openDispute", {}), open("openInquiry", { warning: true })),
    one.fee_known ? hint(drawer.say("feeIs")) : drawer.row(drawer.control(drawer.say("feeNow"), "fee", { id: one.id })),
  );
}

function part(drawer, one) {
  const label = `${drawer.say("part")} ${one.currency}`;
  const field = drawer.keeping(make("input", { inputmode: "decimal", autocomplete: "off", placeholder: label, "aria-label": label, "data-field": "part" }), `part-${one.id}`, "");
  const give = drawer.control(drawer.say("refundPart"), "refund", () => ({ id: one.id, amount: field.value || "0" }), { "data-control": `refund-part-${one.id}`, "data-key": `refund-part-${one.id}` });
  return drawer.row(field, give);
}

function back(drawer, refund) {
  const fate = (label, status) => drawer.control(drawer.say(label), "refund_fate", { id: refund.id, status });
  const isWaiting = ["pending", "requires_action"].includes(refund.status);
  const ways = isWaiting ? [fate("arrives", "succeeded"), fate("fails", "failed")] : refund.status === "succeeded" ? [fate("failsLate", "failed")] : [];
  return line(drawer, `${drawer.say("refund")} ${refund.amount}`, `rs_${refund.status}`, ways);
}

function dispute(drawer, one) {
  const step = (label, name) => drawer.control(drawer.say(label), "dispute_step", { id: one.id, step: name });
  const evidence = one.status.endsWith("needs_response") ? [step("evidence", "evidence")] : [];
  const isWarning = one.status.startsWith("warning");
  const isOver = ["won", "lost", "warning_closed"].includes(one.status);
  const ends = isWarning ? [step("escalate", "escalate"), step("warningClosed", "warning_closed")] : [step("won", "won"), step("lost", "lost")];
  return line(drawer, drawer.say("disputeTitle"), `ds_${one.status}`, isOver ? [] : [...evidence, ...ends]);
}

function line(drawer, title, status, ways) {
  return make("div", { class: "line" }, make("p", {}, title, " · ", make("b", {}, drawer.say(status))), ways.length ? drawer.row(...ways) : "");
}

export function monthly(drawer, all) {
  const cards = all.monthly.map((one, index) => gift(drawer, one, index === 0));
  return drawer.section("monthly", all.monthly.length, all.monthly.length > 0, ...(cards.length ? cards : [hint(drawer.say("noMonthly"))]));
}

function gift(drawer, one, isOpen) {
  const id = one.id;
  const control = (label, name, more = {}) => drawer.control(drawer.say(label), name, { id, ...more });
  const told = facts(
    one.next ? fact(drawer.say("nextCharge"), day(drawer, one.next)) : null,
    one.until ? fact(drawer.say("until"), day(drawer, one.until)) : null,
    fact(drawer.say("monthsPaid"), String(one.paid)),
  );
  if (one.state === "ended") return card(drawer, one, isOpen, told);
  return card(
    drawer, one, isOpen, told,
    drawer.row(control("monthPasses", "month"), one.is_open ? control("payNow", "pay_now") : null, control("newCard", "new_card")),
    failing(drawer, one),
    one.failing.length ? make("p", { class: "line" }, drawer.say("failing"), " ", make("b", {}, one.failing.map(drawer.say, drawer).join(" · "))) : null,
    drawer.row(one.is_last ? control("goOn", "stop", { stops: false }) : control("stop", "stop", { stops: true }), control("cancel", "cancel")),
  );
}

function failing(drawer, one) {
  const choices = REASONS.map((code) => make("option", { value: code }, drawer.say(code)));
  const chosen = drawer.keeping(make("select", { "aria-label": drawer.say("reason"), "data-field": "reason" }, ...choices), `reason-${one.id}`, REASONS[0]);
  const key = `fail_next-${one.id}`;
  return drawer.row(chosen, drawer.control(drawer.say("failNext"), "fail_next", () => ({ id: one.id, code: chosen.value }), { "data-control": key, "data-key": key }));
}

export function books(drawer, all) {
  const tables = all.books.map((one) => make("section", { "data-book": one.currency }, make("h4", {}, make("bdi", {}, one.currency)), facts(...Object.entries(one.rows).map(([name, amount]) => fact(drawer.say(name), amount)))));
  return drawer.section("books", 0, false, ...(tables.length ? tables : [hint(drawer.say("noBooks"))]), hint(drawer.say("booksHint")));
}
