// Follows the logs: the server sends new lines as it would show them, and they are put on top of the list. Nothing moves while somebody reads in it.

const Shown = 500;
const Held = 500;

customElements.define("log-tail", class extends HTMLElement {
  connectedCallback() {
    const [button, said] = [this.querySelector("button"), this.querySelector("[role=status]")];
    const list = document.getElementById("lines");
    let stream = null;
    let paused = false;
    let held = [];
    let dropped = 0;
    let missed = 0;
    let broke = false;
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
      const lost = dropped + missed ? ` ${dropped + missed} lines dropped: there were too many to show.` : "";
      said.textContent = !stream ? ""
        : stream.readyState === EventSource.CLOSED ? "The stream has ended. Reload the page."
        : stream.readyState === EventSource.CONNECTING ? (broke ? "Connecting again. Lines of meanwhile are on a fresh page." : "Connecting.")
        : (paused ? "Paused." : held.length ? "Held while you read." : "Following.") + waits + lost;
    };
    const flow = () => {
      if (paused || reading()) return say();
      put(held);
      held = [];
      dropped = 0;
      say();
    };

    const follow = () => {
      stream = new EventSource(this.dataset.from);
      stream.addEventListener("lines", e => {
        const rows = [...new DOMParser().parseFromString(`<ol>${e.data}</ol>`, "text/html").querySelectorAll("li")];
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
      stream.onopen = () => flow();
      stream.onerror = () => {
        broke = true;
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
