// Holds the lines of the Live page still while somebody reads. Nothing is lost: going on shows the newest.

const button = document.getElementById("pause");
const stream = document.getElementById("stream");
const told = document.getElementById("paused");

if (button && stream) {
  button.hidden = false;
  button.onclick = () => {
    const paused = !("keep" in stream.dataset);
    button.textContent = paused ? "Go on" : "Pause";
    told.textContent = paused ? "Paused." : "";
    if (paused) {
      stream.dataset.keep = "";
    } else {
      delete stream.dataset.keep;
      document.dispatchEvent(new Event("tocsin-acted"));
    }
  };

  document.addEventListener("tocsin-taken", e => {
    if (!("keep" in stream.dataset)) return;
    const newest = Number(stream.querySelector("[data-e]")?.dataset.e || 0);
    const fresh = [...e.detail.querySelectorAll("[data-live=stream] [data-e]")];
    const count = fresh.filter(row => Number(row.dataset.e) > newest).length;
    if (count) told.textContent = count === fresh.length && newest ? `Paused. ${count} or more new lines wait.` : `Paused. ${count} new ${count === 1 ? "line waits" : "lines wait"}.`;
  });
}
