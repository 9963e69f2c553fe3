// Forms act without leaving the page, ages count on, code can be copied, menus close.

const skew = Number(document.body.dataset.now) - Date.now();
const pause = ms => new Promise(done => setTimeout(done, ms));

document.addEventListener("submit", async e => {
  const form = e.target;
  if (form.id !== "act" && !("liveForm" in form.dataset)) return;
  e.preventDefault();
  const button = e.submitter;
  if (!button || button.ariaBusy === "true") return;
  const to = button.getAttribute("formaction") || form.action;
  const body = new URLSearchParams(new FormData(form, button));
  button.ariaBusy = "true";
  await send(to, body, () => "liveForm" in form.dataset && form.reset());
  button.ariaBusy = null;
  button.closest("details")?.removeAttribute("open");
});

async function send(to, body, after) {
  let answer;
  try {
    answer = await fetch(to, { method: "POST", body, headers: { "X-Fragment": "1" } });
  } catch {
    // Whether it arrived is not known: only what may be said twice is said again.
    if (!/\/(acknowledge|resolve|snooze)\b/.test(to)) {
      toast("No network. It may not have arrived: look, then try again.", true);
      return;
    }
    toast("No network. This is sent when it is back, if the page stays open. Escalation goes on until then.", true);
    await pause(3000);
    return send(to, body, after);
  }
  if (answer.redirected || answer.status === 401 || !answer.headers.get("Content-Type")?.includes("json")) {
    location.reload();
    return;
  }
  const { notice, fault, detail, go } = await answer.json();
  if (go) {
    location.assign(go);
    return;
  }
  if (notice) after();
  toast(notice || fault || detail || `Not done (${answer.status}).`, !notice);
  for (const box of document.querySelectorAll(".pick :checked")) box.checked = false;
  document.dispatchEvent(new Event("tocsin-acted"));
}

let toastTimer = 0;
function toast(text, bad) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.classList.toggle("bad", bad);
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.hidden = true, bad ? 12000 : 6000);
}

function tick() {
  const now = Date.now() + skew;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const s = Math.trunc((now - Date.parse(time.dateTime)) / 1000);
    const span = ago(Math.abs(s));
    time.textContent = Math.abs(s) < 5 ? "just now" : s > 0 ? `${span} ago` : `in ${span}`;
  }
}

function ago(s) {
  const [m, h] = [Math.trunc(s / 60), Math.trunc(s / 3600)];
  if (s < 60) return `${s} s`;
  if (m < 60) return `${m} min`;
  if (h < 10 && m % 60) return `${h} h ${m % 60} min`;
  return h < 48 ? `${h} h` : `${Math.trunc(h / 24)} d`;
}

setInterval(tick, 10000);

// The server writes times in the zone that the estate names for the reader, else in the browser's, which it learns from this cookie.
// Where it did not know that yet, or the browser has moved, the times are written again here.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const [prefix, secure] = location.protocol === "https:" ? ["__Host-", ";secure"] : ["", ""];
document.cookie = `${prefix}tocsin-zone=${zone};path=/;max-age=31536000;samesite=lax${secure}`;
const rezone = document.body.dataset.zone && document.body.dataset.zone !== zone;

function localise() {
  const now = new Date(Date.now() + skew);
  const write = (at, how) => at.toLocaleString("en-GB", { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit", ...how }).replace(",", "");
  const day = at => Math.round(Date.parse(at.toLocaleDateString("sv", { timeZone: zone })) / 864e5);
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const days = Math.abs(day(at) - day(now));
    time.title = `${write(at, { weekday: "short", day: "numeric", month: "short", year: "numeric", second: "2-digit", timeZoneName: "shortOffset" })} · ${time.dateTime.replace("T", " ").replace("Z", "")} UTC`;
    if ("s" in time.dataset) time.textContent = write(at, { second: "2-digit" });
    else if (!("ago" in time.dataset)) time.textContent = write(at, !days ? {} : days < 7 ? { weekday: "short" } : { day: "numeric", month: "short" });
  }
  for (const name of document.querySelectorAll("#zone, [data-zone-name]")) name.textContent = zone;
}

function retime() {
  tick();
  if (rezone) localise();
}

retime();
document.addEventListener("tocsin-taken", retime);

if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
document.addEventListener("click", async e => {
  const button = e.target.closest?.("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
    setTimeout(() => button.textContent = "Copy", 2000);
  }
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(e.target)) menu.open = false;
  }
});
document.addEventListener("keydown", e => {
  const menu = e.key === "Escape" && document.querySelector("[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
