// Comforts on top of pages that work without it: copying, keys, no double sending, the progress line.
// Rules: no markup is built from text, no request leaves the installation, every word comes from the page (data-*).
"use strict";

(() => {
  const root = document.documentElement;
  const say = (words) => {
    const voice = document.getElementById("voice");
    if (voice) voice.textContent = words;
  };
  const typing = (where) => where instanceof Element && where.closest("input, textarea, select, [contenteditable]");
  const each = (scope, selector, act) => scope.querySelectorAll(selector).forEach(act);

  // Things which only make sense with this file stand hidden in the page until now.
  const reveal = (scope) => {
    if (navigator.clipboard) each(scope, "[data-copy]", (button) => { button.hidden = false; });
    each(scope, "[data-needs-js]", (part) => { part.hidden = false; });
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return say(button.dataset.copyFailed || "");
    }
    button.classList.add("is-copied");
    say(button.dataset.copied || "");
    setTimeout(() => button.classList.remove("is-copied"), 1600);
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target && target.closest("[data-copy]");
    if (button) copy(button);
    if (target && target.closest("[data-help]")) openHelp();
    each(document, "details.menu[open]", (menu) => { if (!menu.contains(target)) menu.open = false; });
  });

  const openHelp = () => {
    const help = document.getElementById("help");
    if (help && !help.open) help.showModal();
  };

  // j and k walk through [data-item] inside the nearest [data-list]; Enter is the link's own.
  const walk = (step) => {
    const here = document.activeElement;
    const list = (here && here.closest("[data-list]")) || document.querySelector("main [data-list]");
    if (!list) return false;
    const items = [...list.querySelectorAll("[data-item]")].filter((item) => item.getClientRects().length);
    if (!items.length) return false;
    const at = items.findIndex((item) => item.contains(here));
    const next = items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + step))];
    const stop = next.matches("a, button, summary") ? next : next.querySelector("a, button, summary");
    if (!stop) return false;
    stop.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      each(document, "details.menu[open]", (menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const search = document.querySelector("[data-search]");
    let done = false;
    if (event.key === "/" && search) { search.focus(); search.select(); done = true; }
    if (event.key === "?") { openHelp(); done = true; }
    if (event.key === "j") done = walk(1);
    if (event.key === "k") done = walk(-1);
    if (done) event.preventDefault();
  });

  // A form is sent once; the page that comes back from the browser's memory is fresh again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (event.defaultPrevented || form.method.toLowerCase() !== "post" || form.hasAttribute("hx-post")) return;
    form.dataset.sent = "yes";
    root.classList.add("is-working");
    each(form, "button[type=submit], button:not([type])", (button) => button.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", () => {
    root.classList.remove("is-working");
    each(document, "form[data-sent]", (form) => {
      delete form.dataset.sent;
      each(form, "[aria-disabled]", (button) => button.removeAttribute("aria-disabled"));
    });
  });

  let waiting = 0;
  const working = (change) => {
    waiting = Math.max(0, waiting + change);
    root.classList.toggle("is-working", waiting > 0);
  };
  document.addEventListener("htmx:beforeRequest", () => working(1));
  document.addEventListener("htmx:afterRequest", () => working(-1));
  document.addEventListener("htmx:load", (event) => reveal(event.target));

  const start = () => {
    reveal(document);
    const current = document.querySelector(".nav [aria-current]");
    if (current) current.parentElement.parentElement.parentElement.scrollLeft = current.offsetLeft - 48;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
