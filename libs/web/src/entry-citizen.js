import "./shell.js";
import "./live.js";
import "./citizen.js";
