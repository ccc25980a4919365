// Optional: each field that differs from what it was is marked at once.
document.addEventListener("input", function (event) {
  var field = event.target, mark = document.getElementById("was-" + field.name);
  if (!mark) return;
  var own = function (one) {
    if (one.type === "checkbox") return one.checked === one.defaultChecked;
    if (one.options) return one.selectedIndex < 0 || one.options[one.selectedIndex].defaultSelected;
    return one.value === one.defaultValue;
  };
  var same = Array.prototype.every.call(document.getElementsByName(field.name), own);
  mark.hidden = same && !mark.querySelector("del");
});
