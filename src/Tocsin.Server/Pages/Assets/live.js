// Keeps a page fresh. The server renders the same page again, without its shell; this takes over what changed.
// Without this file every page still works: links, forms and a reload.

const conn = document.getElementById("conn");
const tab = "BroadcastChannel" in self ? new BroadcastChannel("tocsin-live") : null;
let seq = Number(document.body.dataset.seq);
let state = "";
let lostAt = 0;

// One stream for all tabs where the browser has locks (secure contexts); else one a tab, while it is seen.

function show(next) {
  if (state === next) return;
  state = next;
  conn.hidden = false;
  conn.dataset.state = next;
  conn.textContent = next;
}

function hear(news) {
  if (news.ask && tab && leading) tab.postMessage({ state });
  if (news.state) show(news.state);
  if (news.seq > seq) {
    seq = news.seq;
    refresh();
  }
}

function tell(news) {
  hear(news);
  tab?.postMessage(news);
}

let leading = false;
if (tab) tab.onmessage = e => hear(e.data);

async function follow(signal) {
  const answer = await fetch(`/api/v1/stream?last=${seq}`, { headers: { Accept: "text/event-stream" }, signal });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`stream ${answer.status}`);
  lostAt = 0;
  tell({ state: "live" });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const id = /^id: ?(\d+)/m.exec(block);
      if (id) tell({ seq: Number(id[1]) });
    }
  }
}

async function lead(signal) {
  leading = true;
  for (let wait = 500; !signal?.aborted;) {
    try {
      await follow(signal);
      wait = 500;
    } catch {
      wait = Math.min(wait * 2, 15000);
    }
    lostAt ||= Date.now();
    await pause(wait * (0.5 + Math.random() / 2));
  }
}

const pause = ms => new Promise(done => setTimeout(done, ms));

// What is lost is said after 3 s, and asked for every 15 s until it is back.
let polledAt = 0;
setInterval(() => {
  if (leading && lostAt && Date.now() - lostAt > 3000) tell({ state: navigator.onLine ? "reconnecting…" : "offline" });
  if (state !== "live" && Date.now() - polledAt > 15000) refresh();
}, 1000);

if (conn) {
  if (navigator.locks && tab) {
    navigator.locks.request("tocsin-live", () => lead());
    tab.postMessage({ ask: true });
  } else {
    let stop;
    const seen = () => {
      if (document.hidden) {
        stop?.abort();
        stop = null;
      } else if (!stop) {
        stop = new AbortController();
        lead(stop.signal);
        refresh();
      }
    };
    document.addEventListener("visibilitychange", seen);
    seen();
  }
}

// Taking over what changed.

let timer = 0;
let touchedAt = 0;
let waiting = null;

// In a storm events come by the hundred: a page asks at most once a second.
function refresh() {
  const wait = Math.max(150, polledAt + 1000 - Date.now());
  timer ||= setTimeout(async () => {
    timer = 0;
    polledAt = Date.now();
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { "X-Fragment": "1" } });
      if (answer.redirected || answer.status === 401) location.reload();
      else if (answer.ok) take(await answer.text(), false);
    } catch {
      // The stream's own state tells it.
    }
  }, wait);
}

const live = root => new Map([...root.querySelectorAll("[data-live]")].map(e => [e.dataset.live, e]));
const rows = root => [...root.querySelectorAll("[data-row]")].map(r => r.dataset.n + r.parentElement.dataset.list);

// Somebody is reading or aiming at a row: nothing may move under the finger.
function busy(list) {
  return list.contains(document.activeElement) || (list.matches(":hover") && Date.now() - touchedAt < 4000);
}

function take(html, mine) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const old = live(document);
  announce(fresh);
  let held = 0;
  for (const [name, next] of live(fresh)) {
    const now = old.get(name);
    if (!now || "keep" in now.dataset) continue;
    const [before, after] = [rows(now), rows(next)];
    if (!mine && before.length && before.join() !== after.join() && busy(now)) {
      held = Math.max(1, after.filter(r => !before.includes(r)).length);
      for (const row of now.querySelectorAll("[data-row]")) {
        const same = next.querySelector(`[data-n="${row.dataset.n}"]`);
        if (same && same.parentElement.dataset.list === row.parentElement.dataset.list) morph(row, same);
      }
    } else {
      morph(now, next);
    }
  }
  pill(held, held ? html : null);
  const root = fresh.querySelector("[data-title]");
  if (root) {
    document.title = root.dataset.title;
    seq = Math.max(seq, Number(root.dataset.seq));
  }
  document.dispatchEvent(new CustomEvent("tocsin-taken", { detail: fresh }));
}

function pill(count, html) {
  waiting = html;
  document.querySelector(".new-pill")?.remove();
  if (!count) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "new-pill";
  button.textContent = `${count} new ↑`;
  button.onclick = () => {
    take(waiting, true);
    scrollTo({ top: 0 });
  };
  document.querySelector("[data-rows]").before(button);
}

document.addEventListener("pointermove", () => touchedAt = Date.now(), { passive: true });
document.addEventListener("focusout", () => setTimeout(() => {
  const list = document.querySelector("[data-rows]");
  if (waiting && list && !busy(list)) take(waiting, true);
}));

const key = node => node.nodeType === 1 ? node.id || node.dataset.n || node.dataset.live || null : null;

// Changes one tree into another and keeps the elements that stay, so focus, selection, scrolling and open details stay too.
function morph(now, next) {
  if (now.nodeType === 3 || now.nodeType === 8) {
    if (now.data !== next.data) now.data = next.data;
    return;
  }
  if ("keep" in now.dataset) return;
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
  }
  const keyed = new Map([...now.childNodes].filter(key).map(n => [key(n), n]));
  let at = now.firstChild;
  for (const wanted of [...next.childNodes]) {
    const id = key(wanted);
    let have = id ? keyed.get(id) : at;
    if (have && !id && key(have)) have = null;
    if (have && have.nodeName === wanted.nodeName) {
      if (have === at) at = at.nextSibling;
      else now.insertBefore(have, at);
      morph(have, wanted);
    } else {
      const added = document.importNode(wanted, true);
      if (added.nodeType === 1) added.classList.add("fresh");
      now.insertBefore(added, at);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    if (gone.contains?.(document.activeElement)) nearby(gone)?.focus();
    gone.remove();
  }
}

function nearby(gone) {
  const row = gone.closest?.("[data-row]");
  const list = [...document.querySelectorAll("[data-row]")];
  const next = row && (list[list.indexOf(row) + 1] || list[list.indexOf(row) - 1]);
  return next?.querySelector("a") || document.getElementById("main");
}

// What is new is said politely, at most every 5 s, in one sentence.

const news = { count: 0, critical: 0, text: "", timer: 0 };

function announce(fresh) {
  const known = new Set([...document.querySelectorAll(".row.open")].map(r => r.dataset.n));
  for (const row of fresh.querySelectorAll(".row.open")) {
    if (known.has(row.dataset.n) || document.querySelector(`.row[data-n="${row.dataset.n}"]`)) continue;
    news.count++;
    if ("mine" in row.dataset) {
      ring();
      document.getElementById("alarm").textContent = `You are being paged: ${row.querySelector(".num").textContent} ${row.querySelector(".row-title").textContent}.`;
    }
    if (row.dataset.severity === "critical") news.critical++;
  }
  const status = root => root.querySelector(".inc-line .tint")?.textContent;
  if (status(fresh) && status(fresh) !== status(document)) news.text = `Incident: ${status(fresh).trim().slice(1)}.`;
  if (news.count || news.text) news.timer ||= setTimeout(say, 400);
}

// Two tones, where the reader did not mute them. A browser that was not clicked in since the page opened stays silent.
function ring() {
  if (!("sound" in document.body.dataset) || !navigator.userActivation?.hasBeenActive) return;
  const audio = new AudioContext();
  for (const [i, pitch] of [660, 880, 660, 880].entries()) {
    const [tone, loud, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + i * 0.25];
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.25, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.24);
    tone.connect(loud).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.25);
    tone.onended = () => i === 3 && audio.close();
  }
}

function say() {
  const { count, critical, text } = news;
  const found = count ? `${count} new ${count === 1 ? "incident" : "incidents"}${critical ? `, ${critical} critical` : ""}. ` : "";
  document.getElementById("say").textContent = found + text;
  Object.assign(news, { count: 0, critical: 0, text: "" });
  setTimeout(() => {
    news.timer = 0;
    if (news.count || news.text) say();
  }, 5000);
}

// act.js says when the reader's own form changed something: then everything moves at once.
document.addEventListener("tocsin-acted", async () => {
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { "X-Fragment": "1" } });
    if (answer.ok) take(await answer.text(), true);
  } catch {
    refresh();
  }
});
