// Registers this browser as a device: permission first, when its owner asks for it, then the subscription, then a test that must ring.

const box = document.querySelector("[data-devices]"), says = box.querySelector("[role=status]");
const button = box.querySelector("[data-register]"), install = box.querySelector("[data-install]");
const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const apple = /iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone;

box.querySelector("[data-home]").hidden = !apple;
box.querySelector("[data-blocked]").hidden = !(can && Notification.permission === "denied");
box.querySelector("[data-cannot]").hidden = can || apple;
box.querySelector("form").hidden = !can || apple;

if (can) {
  known();
  box.querySelector("form").addEventListener("submit", async e => {
    e.preventDefault();
    button.ariaBusy = "true";
    says.textContent = "Asking for permission …";
    try {
      await register(e.target.elements.name.value);
    } catch (fault) {
      says.textContent = fault.name === "AbortError" || fault.name === "NotAllowedError"
        ? "The browser refused to subscribe to pushes. In a private window, and where its push service can't be reached, it can't." : fault.message;
    }
    button.ariaBusy = null;
  });
}

addEventListener("beforeinstallprompt", e => {
  e.preventDefault();
  install.hidden = false;
  install.onclick = () => e.prompt();
});

async function register(name) {
  if (await Notification.requestPermission() !== "granted") throw new Error("Notifications are not allowed for this site. Allow them in the browser's settings of this site, then press again.");
  says.textContent = "Registering …";
  const worker = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const key = box.dataset.devices;
  const old = await worker.pushManager.getSubscription();
  if (old && text(old.options.applicationServerKey) !== key) await old.unsubscribe();
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const device = await post("", { name, subscription: made.toJSON() });
  says.textContent = "Sending a test …";
  const test = await post(`/${device.id}/test`, {});
  if (test.status !== "sent") throw new Error(`Registered, but the test was not taken: ${test.reason}`);
  location.reload();
}

async function post(path, body) {
  const answer = await fetch(`/api/v1/me/devices${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const json = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(json.detail || `Not possible just now (${answer.status}).`);
  return json;
}

function text(buffer) {
  return buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Says which of the list is the one in the reader's hand.
async function known() {
  const worker = await navigator.serviceWorker.getRegistration();
  const endpoint = (await worker?.pushManager.getSubscription())?.endpoint;
  if (!endpoint) return;
  const hash = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint))), b => b.toString(16).padStart(2, "0")).join("");
  const mine = document.querySelector(`[data-hash="${hash.slice(0, 16)}"] [data-this]`);
  if (mine) mine.hidden = false;
}
