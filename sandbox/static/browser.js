// The in-app browser: Stripe's page in a sheet; t.me links come back to the chat.
import { word } from "./words.js";

export class Browser {
  constructor(sheet, onReturn) {
    this.sheet = sheet;
    this.frame = sheet.querySelector("iframe");
    this.onReturn = onReturn;
    sheet.querySelector("[data-testid=close-browser]").addEventListener("click", () => this.close());
    sheet.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    // Several phones stand on one page: each listens to its own frame.
    this.heard = (event) => {
      const isMine = event.origin === location.origin && event.source === this.frame.contentWindow;
      if (isMine && event.data?.type === "entraide-return") this.come(event.data.url);
    };
    window.addEventListener("message", this.heard);
  }

  stop() {
    window.removeEventListener("message", this.heard);
  }

  open(url, lang) {
    const target = new URL(url, location.href);
    const inside = target.origin === location.origin;
    this.back = document.activeElement;
    this.sheet.hidden = false;
    this.sheet.querySelector(".address").textContent = target.host + target.pathname.replace(/(.{28}).*/, "$1…");
    this.frame.hidden = !inside;
    const outside = this.sheet.querySelector(".outside");
    outside.hidden = inside;
    outside.textContent = `${word(lang, "outside")} ${url}`;
    if (inside) this.frame.src = target.href;
    this.sheet.querySelector("[data-testid=close-browser]").focus();
  }

  close() {
    this.sheet.hidden = true;
    this.frame.src = "about:blank";
    this.back?.focus();
  }

  come(url) {
    const payload = new URL(url).searchParams.get("start") ?? "";
    this.close();
    this.onReturn(payload);
  }
}
