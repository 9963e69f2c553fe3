// Charts: what was under the pointer or the keyboard's cursor, and a stretch that is chosen to zoom in. The values are those of the table below the drawing.

customElements.define("chart-view", class extends HTMLElement {
  connectedCallback() {
    const box = this.querySelector(".plot, .chart");
    const table = this.querySelector("table");
    const rows = [...(table?.tBodies[0].rows ?? [])].filter(r => r.dataset.at);
    if (!box || rows.length < 2) return;
    const [from, to] = [Number(this.dataset.from), Number(this.dataset.to)];
    const names = [...table.tHead.rows[0].cells].map(c => c.textContent.trim());
    const times = rows.map(r => Number(r.dataset.at));
    const bars = box.classList.contains("chart");
    const over = Object.assign(document.createElement("div"), { className: "chart-over", tabIndex: 0 });
    over.innerHTML = "<i hidden></i><b hidden></b>";
    const [line, part] = over.children;
    const told = Object.assign(document.createElement("p"), { className: "readout", hidden: true });
    this.append(over, told);
    for (const [name, value] of Object.entries({ role: "slider", "aria-label": "Values, with the arrow keys; Shift and an arrow choose, Enter zooms in", "aria-valuemin": 0, "aria-valuemax": rows.length - 1, "aria-valuenow": 0, "aria-valuetext": "" })) over.setAttribute(name, value);
    let at = -1;
    let anchor = null;
    let dragged = false;

    const place = time => (time - from) / (to - from) * 100;
    const middle = i => bars ? (times[i] + (times[i + 1] ?? to)) / 2 : times[i];
    const timeAt = x => {
      const { left, width } = box.getBoundingClientRect();
      return from + Math.min(Math.max((x - left) / width, 0), 1) * (to - from);
    };
    // A bar holds what follows its time; a point of a line is nearest to it.
    const rowAt = time => {
      let best = 0;
      for (let i = 1; i < times.length; i++) {
        if (bars ? times[i] <= time : Math.abs(times[i] - time) < Math.abs(times[best] - time)) best = i;
      }
      return best;
    };

    function show(i) {
      at = i;
      over.style.height = `${box.getBoundingClientRect().height}px`;
      const cells = [...rows[i].cells].map(c => c.textContent.trim());
      line.hidden = told.hidden = false;
      line.style.left = `${place(middle(i))}%`;
      told.replaceChildren(...cells.map((c, n) => Object.assign(document.createElement("span"), { textContent: n ? `${names[n]}: ${c}` : c })));
      const late = place(middle(i)) > 50;
      told.style.left = late ? "" : `calc(${place(middle(i))}% + 10px)`;
      told.style.right = late ? `calc(${100 - place(middle(i))}% + 10px)` : "";
      over.setAttribute("aria-valuenow", i);
      over.setAttribute("aria-valuetext", cells.map((c, n) => n ? `${names[n]} ${c}` : c).join(", "));
    }

    function choose(one, other) {
      part.hidden = one === other;
      part.style.left = `${place(Math.min(one, other))}%`;
      part.style.width = `${Math.abs(place(one) - place(other))}%`;
    }

    const hide = () => {
      anchor = null;
      line.hidden = part.hidden = told.hidden = true;
    };
    const zoom = (one, other) => {
      const [a, b] = [Math.min(one, other), Math.max(one, other)].map(t => new Date(t).toISOString());
      if (this.dataset.zoom) location.assign(`${this.dataset.zoom}from=${a}&to=${b}`);
    };

    box.addEventListener("pointerdown", e => {
      if (e.button !== 0 || !this.dataset.zoom) return;
      anchor = timeAt(e.clientX);
      dragged = false;
    });
    box.addEventListener("pointermove", e => {
      const time = timeAt(e.clientX);
      show(rowAt(time));
      if (anchor !== null && (dragged ||= Math.abs(place(time) - place(anchor)) > 1)) {
        if (!box.hasPointerCapture(e.pointerId)) box.setPointerCapture(e.pointerId);
        choose(anchor, time);
      }
    });
    box.addEventListener("pointerup", e => {
      if (anchor !== null && dragged) zoom(anchor, timeAt(e.clientX));
      anchor = null;
    });
    for (const name of ["pointercancel", "pointerleave"]) box.addEventListener(name, e => !box.hasPointerCapture(e.pointerId) && hide());
    box.addEventListener("dragstart", e => e.preventDefault());
    box.addEventListener("click", e => dragged && e.preventDefault(), true);

    over.addEventListener("focus", () => show(at < 0 ? rows.length - 1 : at));
    over.addEventListener("blur", hide);
    over.addEventListener("keydown", e => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -10, PageDown: 10, Home: -rows.length, End: rows.length }[e.key];
      if (step) {
        const was = at;
        show(Math.min(Math.max(at + step, 0), rows.length - 1));
        if (e.shiftKey) {
          anchor ??= times[was];
          choose(anchor, times[at]);
        } else {
          anchor = null;
          part.hidden = true;
        }
      } else if (e.key === "Enter" && anchor !== null && anchor !== times[at]) zoom(anchor, times[at]);
      else if (e.key === "Enter") rows[at].querySelector("a")?.click();
      else if (e.key === "Escape") hide();
      else return;
      e.preventDefault();
      e.stopPropagation();
    });
  }
});
