import "./shell.js";
import "./live.js";
import "./reports.js";
