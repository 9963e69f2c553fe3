// Follows the logs: the server sends new lines as it would show them, and they are put on top of the list. Nothing moves while somebody reads in it.

const Shown = 500;
const Held = 500;
const Tries = 20;

customElements.define("log-tail", class extends HTMLElement {
  connectedCallback() {
    const [button, said] = [this.querySelector("button"), this.querySelector("[role=status]")];
    const list = document.getElementById("lines");
    let stream = null;
    let paused = false;
    let held = [];
    let dropped = 0;
    let missed = 0;
    let gap = false;
    let tries = 0;
    let last = null;
    button.hidden = false;

    const reading = () => list.contains(document.activeElement);
    const put = rows => {
      list.prepend(...rows.map(r => document.importNode(r, true)));
      for (const old of [...list.children].slice(Shown)) old.remove();
      document.querySelector(".empty-line")?.remove();
      document.dispatchEvent(new CustomEvent("tocsin-taken", { detail: list }));
    };
    const say = () => {
      const waits = held.length ? ` ${held.length} new ${held.length === 1 ? "line waits" : "lines wait"}.` : "";
      const hole = gap ? " Not all of meanwhile could be shown: reload the page." : "";
      const lost = dropped + missed ? ` ${dropped + missed} lines dropped: there were too many to show.` : "";
      said.textContent = !stream ? ""
        : stream.readyState === EventSource.CLOSED && tries >= Tries ? "The stream has ended. Reload the page."
        : stream.readyState !== EventSource.OPEN ? (tries ? "Connecting again; lines of meanwhile follow then." : "Connecting.")
        : (paused ? "Paused." : held.length ? "Held while you read." : "Following.") + waits + lost + hole;
    };
    const flow = () => {
      if (paused || reading()) return say();
      put(held);
      held = [];
      dropped = 0;
      say();
    };

    const follow = () => {
      const from = new URL(this.dataset.from, location);
      if (last) from.searchParams.set("last", last);
      stream = new EventSource(from);
      stream.addEventListener("lines", e => {
        const rows = [...new DOMParser().parseFromString(`<ol>${e.data}</ol>`, "text/html").querySelectorAll("li")]
          .filter(r => !document.getElementById(r.id) && !held.some(h => h.id === r.id)); // Where there are several nodes, lines may come again after a cut.
        last = e.lastEventId;
        held = [...rows, ...held];
        if (held.length > Held) {
          dropped += held.length - Held;
          held.length = Held;
        }
        flow();
      });
      stream.addEventListener("dropped", e => {
        missed += Number(e.data);
        say();
      });
      stream.addEventListener("gap", () => {
        gap = true;
        say();
      });
      stream.onopen = () => {
        tries = 0;
        flow();
      };
      stream.onerror = () => {
        tries++;
        // A browser comes back by itself after a cut, and not after an answer that refuses, as a proxy gives while a server starts.
        if (stream.readyState === EventSource.CLOSED && tries < Tries) setTimeout(follow, Math.min(1000 * tries, 15000));
        say();
      };
    };

    button.onclick = () => {
      if (!stream) follow();
      else paused = !paused;
      button.textContent = paused ? "Go on" : "Pause";
      button.setAttribute("aria-pressed", String(!paused));
      flow();
    };
    list.addEventListener("focusout", () => setTimeout(flow));
    addEventListener("pagehide", () => stream?.close());
  }
});
