// Optional: the digits move the focus to an answer; Enter then presses it.
document.addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  var answer = document.querySelector('[data-key="' + event.key + '"]');
  if (answer) answer.focus();
});
