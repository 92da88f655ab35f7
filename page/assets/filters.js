// What the questions are limited to.
function filterChoice() {
  return null;
}
