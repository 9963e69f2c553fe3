// Shows pages as notifications, acknowledges from them, and says the truth when there is no network.

const shell = "shell-{version}", seen = "incidents", most = 20;
const files = [{files}];
const loud = ["page", "reopened", "alerts_added", "unanswered", "more", "reminder", "asked", "waited"];

self.addEventListener("install", e => e.waitUntil(caches.open(shell).then(cache => cache.addAll(files)).then(() => self.skipWaiting())));

self.addEventListener("activate", e => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== shell) await caches.delete(name);
  await self.clients.claim();
  await sendWaiting();
})()));

self.addEventListener("push", e => e.waitUntil((async () => {
  await show(e.data ? e.data.json() : { title: "Tocsin", body: "Something happened. Open the inbox.", tag: "unknown" });
  await sendWaiting();
})()));

self.addEventListener("notificationclick", e => {
  const m = e.notification.data;
  if (e.action === "ack") return e.waitUntil(acknowledge(m));
  e.notification.close();
  // Where no buttons are shown, the tap leads to the page with the one button.
  e.waitUntil(open(m.ack && !Notification.maxActions ? m.ack : m.url || "/"));
});

self.addEventListener("sync", e => e.waitUntil(sendWaiting()));
self.addEventListener("message", e => e.waitUntil(sendWaiting()));

self.addEventListener("pushsubscriptionchange", e => e.waitUntil((async () => {
  try {
    const options = e.oldSubscription?.options ?? { userVisibleOnly: true, applicationServerKey: (await (await api("/key")).json()).public_key };
    const made = e.newSubscription ?? await self.registration.pushManager.subscribe(options);
    if ((await api("", { subscription: made.toJSON() })).ok) return;
  } catch { }
  await show({ kind: "device_lost", tag: "device", title: "● Pages no longer reach this device", body: "Its subscription ended. Open your devices and register it again.", url: "/me/devices" });
})()));

const api = (path, body) => fetch(`/api/v1/me/devices${path}`, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

async function show(m) {
  // Messages may overtake each other: what is older than what stands there changes nothing.
  const [there] = await self.registration.getNotifications({ tag: m.tag });
  if (there?.data.at > m.at) m = there.data;
  const page = loud.includes(m.kind), rings = page || m.kind === "test" || m.kind === "self_test";
  await self.registration.showNotification(m.title, {
    body: m.body, tag: m.tag, data: m, timestamp: m.at, icon: "{icon}", badge: "{badge}", silent: !rings, renotify: rings, requireInteraction: page,
    actions: m.ack ? [{ action: "ack", title: m.kind === "self_test" ? "It reached me" : "Acknowledge" }, { action: "open", title: "Open" }] : [],
  });
  if (m.ack) await fetch(`${m.ack}/shown`, { method: "POST", credentials: "omit" }).catch(() => { });
}

const say = (m, title, body) => self.registration.showNotification(title, { body, tag: m.tag, data: { ...m, ack: undefined, at: m.at + 1 }, icon: "{icon}", badge: "{badge}", silent: true }).catch(() => { });

async function acknowledge(m) {
  try {
    await say(m, ...await post(m.ack, "acknowledge", m.n));
  } catch {
    await keep({ to: m.ack, what: "acknowledge", n: m.n, tag: m.tag, url: m.url, at: m.at });
    await self.registration.showNotification(`… ${about(m.n)}: no network, will send`, {
      body: m.n ? "Your acknowledgement waits for the network. Escalation goes on until it is sent." : "Your answer waits for the network.", tag: m.tag, data: m, icon: "{icon}", badge: "{badge}", silent: true, requireInteraction: true,
      actions: [{ action: "ack", title: "Try again" }],
    });
  }
}

// The token in the address is enough: no cookie goes along. Throws where it is not known whether it arrived.
async function post(to, what, n) {
  const answer = await fetch(to, { method: "POST", credentials: "omit", headers: { "X-Fragment": "1", "Content-Type": "application/x-www-form-urlencoded" }, body: `do=${what}` });
  if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
  if (!answer.headers.get("Content-Type")?.includes("json")) return [`✕ ${about(n)}: not done`, n ? "This button has ended. Open the incident." : "This button has ended."];
  const { notice, fault } = await answer.json();
  return fault ? [`✕ ${about(n)}: not done`, fault] : [`${n ? "◐" : "✓"} ${about(n)}`, notice || "Done."];
}

// A test is about no incident.
const about = n => n ? `#${n}` : "Test";

async function open(to) {
  for (const client of await self.clients.matchAll({ type: "window" })) {
    if (new URL(client.url).pathname === to) return client.focus();
  }
  return self.clients.openWindow(to);
}

// What waits for the network, by address, in the browser's own database.
const store = mode => new Promise((done, fail) => {
  const asked = indexedDB.open("tocsin", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("waiting", { keyPath: "to" });
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => done(asked.result.transaction("waiting", mode).objectStore("waiting"));
});
const result = asked => new Promise((done, fail) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => fail(asked.error); });

async function keep(act) {
  await result((await store("readwrite")).put(act));
  await self.registration.sync?.register("waiting").catch(() => { });
}

async function sendWaiting() {
  for (const act of await result((await store("readonly")).getAll())) {
    try {
      const said = await post(act.to, act.what, act.n);
      await result((await store("readwrite")).delete(act.to));
      await say(act, ...said);
    } catch {
      return;
    }
  }
}

self.addEventListener("fetch", e => {
  const request = e.request, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && request.mode === "navigate" && url.pathname.startsWith("/a/")) e.respondWith(act(request, url));
  else if (request.method === "POST" && url.pathname === "/logout") e.waitUntil(caches.delete(seen));
  else if (request.method === "GET" && url.pathname.startsWith("/assets/")) e.respondWith(caches.match(request).then(known => known ?? fetch(request)));
  else if (request.method === "GET" && request.mode === "navigate") e.respondWith(page(request, url));
});

async function page(request, url) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return offline(url);
  }
  if (answer.ok && /^\/i\/\d+$/.test(url.pathname)) await remember(url.pathname, answer.clone());
  sendWaiting();
  return answer;
}

async function remember(path, answer) {
  const cache = await caches.open(seen);
  await cache.delete(path);
  await cache.put(path, new Response(await answer.text(), { headers: { "Content-Type": "text/html; charset=utf-8", "X-Seen": `${Date.now()}` } }));
  for (const old of (await cache.keys()).slice(0, -most)) await cache.delete(old);
}

async function offline(url) {
  const cache = await caches.open(seen), known = await cache.match(url.pathname);
  if (known) {
    const at = new Date(Number(known.headers.get("X-Seen"))).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    const bar = `<p class="bar high" role="status"><span aria-hidden="true">▲</span> No network. This is how it was at ${at}. Escalation goes on until you are back.</p>`;
    return html((await known.text()).replace(/<main[^>]*>/, main => main + bar), known.status);
  }
  const numbers = (await cache.keys()).map(key => new URL(key.url).pathname).reverse();
  return said("No network", "Tocsin can't be reached from here. Pages and escalation go on without you.",
    `<p><a href="${url.pathname.replace(/[^\w/-]/g, "")}">Try again</a></p>` + (numbers.length ? `<p>Seen before, as they were:</p><ul>${numbers.map(n => `<li><a href="${n}">#${n.slice(3)}</a></li>`).join("")}</ul>` : ""));
}

// The plain form of the page behind a link. Only what may be sent twice is sent later.
async function act(request, url) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    const what = (await copy.formData()).get("do");
    if (what !== "acknowledge" && what !== "resolve") return said("Not sent", "There is no network. Go back and try again when there is.", "");
    await keep({ to: url.pathname, what, n: "", tag: url.pathname, at: 0 });
    return said("Will send", `No network. This waits on your phone and is sent when the network is back. Escalation goes on until then.`, `<p><a href="${url.pathname}">Look again</a></p>`);
  }
}

const html = (text, status) => new Response(text, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
const said = (title, text, more) => html(`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title} · Tocsin</title><link rel="stylesheet" href="{action}"></head><body><main><h1>${title}</h1><p role="status">${text}</p>${more}</main></body></html>`, 503);
