// The timeline by keyboard: a cursor that moves by hours, days and weeks, and what is done where it stands. Only while the timeline has the focus.

const line = document.querySelector("[data-timeline]");
const told = document.getElementById("timeline-at");

if (line && told) {
  const hour = 36e5;
  const zone = line.dataset.zone;
  const days = [...line.querySelectorAll("tbody")].flatMap(week => {
    const cells = week.querySelectorAll(".final td");
    return [...week.querySelectorAll("th[data-from]")].map((head, i) => ({ from: Date.parse(head.dataset.from), to: Date.parse(head.dataset.to), cell: cells[i].firstElementChild }));
  });
  const [first, last] = [days[0].from, days.at(-1).to - hour];
  const inside = at => Math.min(Math.max(at, first), last);
  const today = () => Math.floor(Date.parse(line.dataset.now) / hour) * hour;
  const mark = document.createElement("i");
  mark.className = "cursor";
  let at = 0;
  let went = 0;

  const write = how => new Date(at).toLocaleString("en-GB", { timeZone: zone, hourCycle: "h23", ...how });
  const under = () => [...line.querySelectorAll("[data-b]")].find(p => Date.parse(p.dataset.b) <= at && at < Date.parse(p.dataset.e));

  function show() {
    const day = days.find(d => d.from <= at && at < d.to);
    const [h, m] = write({ hour: "2-digit", minute: "2-digit" }).split(":").map(Number);
    mark.style.left = `${(h * 60 + m) / 14.4}%`;
    day.cell.append(mark);
    mark.scrollIntoView({ block: "nearest", inline: "nearest" });
    told.textContent = `${write({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).replace(/,/g, "")}: ${under()?.title || "not known"}`;
  }

  // Wall-clock days: the same time of day, also over a day of 23 or 25 hours.
  function daysOn(n) {
    const i = days.findIndex(d => d.from <= at && at < d.to);
    const to = days[Math.min(Math.max(i + n, 0), days.length - 1)];
    const shift = to.to - to.from - (days[i].to - days[i].from);
    return to.from + (at - days[i].from) + (at - days[i].from > 6 * hour ? shift : 0);
  }

  function change(from, to, instead) {
    location.assign(`${line.dataset.timeline}?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}${instead ? `&instead=${encodeURIComponent(instead)}` : ""}`);
  }

  const edit = piece => piece && change(Date.parse(piece.dataset.b), Date.parse(piece.dataset.e), piece.dataset.one);
  const go = where => document.querySelector(`[data-go=${where}]`)?.click();

  const keys = {
    ArrowLeft: e => at = inside(e.shiftKey ? daysOn(-1) : at - hour),
    ArrowRight: e => at = inside(e.shiftKey ? daysOn(1) : at + hour),
    ArrowUp: () => at = inside(daysOn(-7)),
    ArrowDown: () => at = inside(daysOn(7)),
    Enter: () => edit(under()),
    o: () => change(at, at + 4 * hour),
    t: () => today() === inside(today()) ? at = today() : go("today"),
    "+": () => go("in"),
    "-": () => go("out"),
  };

  line.addEventListener("keydown", e => {
    // "g o" and its like are keys of the whole page.
    const going = Date.now() - went < 1500;
    went = e.key === "g" ? Date.now() : 0;
    if (e.ctrlKey || e.metaKey || e.altKey || going || !Object.hasOwn(keys, e.key)) return;
    e.preventDefault();
    e.stopPropagation();
    keys[e.key](e);
    show();
  });
  line.addEventListener("focus", () => {
    at ||= inside(today());
    show();
  });
  line.addEventListener("click", e => edit(e.target.closest("[data-b]")));
  line.classList.add("may");
  document.getElementById("timeline-keys").hidden = false;
}
