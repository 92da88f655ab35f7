// The map: each document a dot on a canvas, and a button over those that matter now: where the last
// answer came from, what is pointed at, where the tab key stops. A button for each of a thousand
// documents would cost more with every answer than finding the answer.
const WIDTH = 640, HEIGHT = 300; // the map's units, as in page/insight.py
const RADIUS = 5.5, REACH = 11;
let points = []; // {doc, x, y, folder, age, title, about}
let cited = {}; // doc_id → numbers of the last answer's citations of it
let stop = null; // the point where the tab key stops
let over = null; // the point that the pointer is at
const awake = new Map(); // the points that have a button, and the button

function showPoints(given) {
  points = given.map(([doc, x, y, folder, age, title, about]) => (
    { doc, x, y, folder, age, title, about }));
  awake.clear();
  stop = points[0] ?? null;
  over = null;
  if (!part("dots")) return;
  resized.disconnect();
  resized.observe(part("dots")); // draws at once, or when it comes into sight
  markCited();
}

// --- the dots -------------------------------------------------------------------------------------

function draw() {
  const canvas = part("dots");
  if (!canvas?.clientWidth) return;
  canvas.width = canvas.clientWidth * window.devicePixelRatio;
  canvas.height = canvas.clientHeight * window.devicePixelRatio;
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas), colours = {};
  const colour = (name) => colours[name] ??= style.getPropertyValue(`--cw-${name}`);
  const dated = part("map").dataset.colour === "date";
  pen.scale(canvas.width / WIDTH, canvas.height / HEIGHT);
  pen.lineWidth = 1.5;
  for (const { doc, x, y, folder, age } of points) {
    const out = asks !== null && !asks.has(doc);
    pen.beginPath();
    pen.arc(x, y, RADIUS, 0, 2 * Math.PI);
    pen.globalAlpha = out ? 0.6 : 1;
    pen.fillStyle = colour(!dated ? `c${folder}` : age < 5 ? `a${age}` : "c7");
    if (!out) pen.fill();
    pen.strokeStyle = colour(out ? "edge" : "paper");
    pen.stroke();
  }
}

const resized = new ResizeObserver(draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// --- the buttons ----------------------------------------------------------------------------------

function wake(point) {
  let button = awake.get(point);
  if (button) return button;
  button = paragraph("button", "cw-point", "");
  button.type = "button";
  const { doc, title, about, folder, age } = point;
  Object.assign(button.dataset, { do: "open", doc, title, about, folder, age });
  button.setAttribute("aria-label", `${title}, ${about}`);
  button.style.left = `${(100 * point.x) / WIDTH}%`;
  button.style.top = `${(100 * point.y) / HEIGHT}%`;
  button.append(paragraph("span", "cw-point-number", ""), paragraph("i", "cw-dot", ""));
  awake.set(point, button);
  part("points").append(button);
  return button;
}

// Each button as its point now is; those that no longer matter go.
function settle() {
  for (const [point, button] of awake) {
    const numbers = cited[point.doc];
    if (!numbers && point !== stop && point !== over && button !== document.activeElement) {
      button.remove();
      awake.delete(point);
      continue;
    }
    button.tabIndex = point === stop ? 0 : -1;
    button.classList.toggle("cw-cited", Boolean(numbers));
    button.classList.toggle("cw-out", asks !== null && !asks.has(point.doc));
    button.firstChild.textContent = numbers?.join(" ") ?? "";
  }
}

// Where the last answer came from, on the map and the timeline.
function markCited() {
  if (part("points")) {
    points.filter(({ doc }) => doc in cited).forEach(wake);
    if (stop) wake(stop);
    settle();
  }
  insight.querySelectorAll(".cw-moment").forEach((moment) => {
    moment.classList.toggle("cw-cited", moment.dataset.doc in cited);
    moment.classList.toggle("cw-out", asks !== null && !asks.has(moment.dataset.doc));
  });
  insight.classList.toggle("cw-has-cited", Object.keys(cited).length > 0);
}

// What is asked, and where the last answer came from.
function markPoints() {
  draw();
  markCited();
}

const pointOf = (button) => points.find(({ doc }) => doc === button.dataset.doc);

// The point under the pointer, if any.
function under({ clientX, clientY }) {
  const box = part("points").getBoundingClientRect();
  const x = ((clientX - box.left) * WIDTH) / box.width;
  const y = ((clientY - box.top) * HEIGHT) / box.height;
  let best = null, least = REACH;
  for (const point of points) {
    const away = Math.hypot(point.x - x, point.y - y);
    if (away <= least) [best, least] = [point, away];
  }
  return best;
}

// Make a point the one where the tab key stops; return its button.
function stopAt(point) {
  stop = point;
  const button = wake(point);
  settle();
  return button;
}

insight.addEventListener("pointermove", (event) => {
  if (!event.target.closest?.("[data-part=points]")) return;
  const point = under(event);
  if (point === over) return;
  over = point;
  tip(point && wake(point));
  settle();
});
insight.addEventListener("pointerleave", () => {
  over = null;
  settle();
});
insight.addEventListener("click", (event) => { // a finger has not moved there before
  if (!event.target.closest("[data-part=points]")) return;
  const point = event.target.closest(".cw-point") ? pointOf(event.target.closest(".cw-point")) : under(event);
  if (!point) return;
  const button = stopAt(point); // to come back to
  if (!button.contains(event.target)) actions.open(button);
});
element.addEventListener("cw:answered", ({ detail }) => {
  cited = {};
  detail.turn.querySelectorAll(".cw-quotes:not(.cw-nearest) .cw-chip").forEach(({ dataset }) => {
    (cited[dataset.doc] ??= []).push(dataset.number);
  });
  markCited();
});
element.addEventListener("cw:new", () => {
  if (!Object.keys(cited).length) return;
  cited = {};
  markCited();
});
