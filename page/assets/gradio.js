// Gradio's loading signs (6.31) count on in every frame after they were taken down, which costs each
// open tab a twentieth of a processor. They cannot be told to end; their next look at the clock fails.
const ended = new Error("The page has loaded.");

performance.now = () => {
  const [, , frame, above] = new Error().stack.split("\n"); // above it is nothing but the frame
  if (/statustracker/i.test(frame) && !above) throw ended;
  return Performance.prototype.now.call(performance);
};
window.addEventListener("error", (event) => {
  if (event.error === ended) event.preventDefault(); // it is no error
});
setTimeout(() => { delete performance.now; }, 60_000);
