// Single-key shortcuts. They can be switched off (then this file is not loaded) and are off where a finger points.

const places = { i: "/", o: "/oncall", s: "/schedules", r: "/routing", l: "/live" };
const acts = new Set(["a", "r", "s", "e", "w"]);
let going = 0;

const rows = () => [...document.querySelectorAll("[data-row]")].filter(r => r.checkVisibility?.() ?? true);
const current = () => document.activeElement?.closest("[data-row]");

function move(step) {
  const list = rows();
  const at = list.indexOf(current());
  const row = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1)];
  const link = row?.querySelector("a");
  link?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

// In a list a key acts on the row that has the focus; on an incident's page on the incident.
function press(key) {
  const row = current();
  if (row && "e" in row.dataset) return;
  if (key === "w" && row) {
    location.assign(`/i/${row.dataset.n}/explain`);
    return;
  }
  const scope = row || document.querySelector("[data-incident]");
  const target = scope?.querySelector(`[data-key="${key}"]`);
  if (target?.localName === "summary") {
    target.parentElement.open = true;
    target.parentElement.querySelector("button")?.focus();
  } else if (target) {
    target.click();
  } else if (row && acts.has(key)) {
    location.assign(`/i/${row.dataset.n}`);
  }
}

function search() {
  const box = document.querySelector("[data-search]");
  box?.closest("details")?.setAttribute("open", "");
  box?.focus();
}

// Ctrl K: every page, and what can be done on this one, by name.
function palette() {
  const links = [...document.querySelectorAll(".rail a[href^='/']"), ...document.querySelectorAll("main a[data-key], main .actions button, main .actions summary")];
  const box = Object.assign(document.createElement("dialog"), { className: "palette" });
  box.innerHTML = "<form><label class=hidden for=go>Go to a page, or do something</label><input id=go autocomplete=off placeholder='Go to, or do'><ul></ul></form>";
  const [form, input, list] = ["form", "input", "ul"].map(s => box.querySelector(s));
  const show = () => list.replaceChildren(...links.filter(l => l.textContent.toLowerCase().includes(input.value.trim().toLowerCase())).slice(0, 12).map(l => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: l.getAttribute("aria-label") || l.textContent.trim() });
    button.onclick = () => {
      box.close();
      l.click();
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  form.onsubmit = e => {
    e.preventDefault();
    list.querySelector("button")?.click();
  };
  box.onkeydown = e => {
    const all = [input, ...list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      all[Math.min(Math.max(all.indexOf(document.activeElement) + step, 0), all.length - 1)].focus();
    }
  };
  box.onclose = () => box.remove();
  input.oninput = show;
  show();
  document.body.append(box);
  box.showModal();
}

document.addEventListener("keydown", e => {
  if ((e.ctrlKey || e.metaKey) && e.key === "k" && !document.querySelector("dialog[open]")) {
    e.preventDefault();
    palette();
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || matchMedia("(pointer: coarse)").matches) return;
  if (e.target.closest("input:not([type=checkbox]), textarea, select, dialog[open]")) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  const k = e.key;
  if (going && Date.now() - going < 1500) {
    going = 0;
    if (places[k]) {
      e.preventDefault();
      location.assign(places[k]);
    }
    return;
  }
  going = 0;
  if (k === "g") going = Date.now();
  else if (k === "j" || k === "k") move(k === "j" ? 1 : -1);
  else if (k === "x") current()?.querySelector("input[type=checkbox]")?.click();
  else if (k === "/") search();
  else if (k === "n") document.querySelector("[data-key=n]")?.focus();
  else if (k === "?") document.getElementById("keys")?.showModal();
  else if (acts.has(k)) press(k);
  else return;
  e.preventDefault();
});
