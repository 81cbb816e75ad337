import "./shell.js";
import "./live.js";
import "./ops.js";
