import "./shell.js";
import "./live.js";
import "./console-list.js";
import "./console-pane.js";
import "./console-do.js";
import "./console-many.js";
import "./console-keys.js";
import "./console-live.js";
import "./console-find.js";
import "./console-views.js";

// What is seldom needed comes when it is.
if (document.querySelector(".board")) import("./console-board.js");
if (document.querySelector(".map[data-outline]")) import("./console-map.js").then(({ drawAll }) => drawAll());
if (document.querySelector("[data-call]")) import("./console-call.js");
